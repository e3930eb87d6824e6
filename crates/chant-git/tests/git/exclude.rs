//! The list of ignored files that is in no commit.

use std::fs;

use chant_testkit::TestRepo;

use crate::scratch::open;

#[test]
fn a_line_is_added_once_and_taken_out_again() {
    let repo = TestRepo::new();
    let git = open(&repo);
    let file = git.exclude_file();
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, b"# mine \xff\r\n*.o").unwrap();
    assert!(!git.is_ignored(".chant/x").unwrap());
    assert!(git.exclude(".chant/").unwrap());
    assert!(!git.exclude(".chant/").unwrap());
    assert!(git.is_excluded(".chant/").unwrap());
    assert!(git.is_ignored(".chant/x").unwrap());
    assert!(
        !git.is_ignored(":(top).chant/x").unwrap(),
        "a path is no pattern"
    );
    assert_eq!(fs::read(&file).unwrap(), b"# mine \xff\r\n*.o\n.chant/\n");
    assert!(git.stop_excluding(".chant/").unwrap());
    assert!(!git.stop_excluding(".chant/").unwrap());
    assert_eq!(fs::read(&file).unwrap(), b"# mine \xff\r\n*.o\n");
}

#[test]
fn it_is_made_where_there_is_none_and_holds_in_every_worktree() {
    let repo = TestRepo::new();
    let linked = repo.home().join("linked");
    repo.git(&["worktree", "add", "-q", linked.to_str().unwrap()]);
    let git = open(&repo).at(&linked);
    let _ = fs::remove_dir_all(repo.path().join(".git/info"));
    assert!(git.exclude(".chant/").unwrap());
    assert!(open(&repo).is_ignored(".chant/x").unwrap());
    assert!(git.is_ignored(".chant/x").unwrap());
}
