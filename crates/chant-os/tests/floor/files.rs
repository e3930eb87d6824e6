//! Durable files.

use std::{
    fs::{self, Permissions},
    io::ErrorKind,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::Path,
    sync::Barrier,
    thread,
};

use chant_os::file::{self, Appender, Created};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::tempdir;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn fifo(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o644), 0).unwrap();
}

#[test]
fn replace_keeps_the_mode_and_leaves_nothing_else() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("spec.md");
    file::replace(&path, b"one").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    file::replace(&path, b"two").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"two");
    assert_eq!(mode(&path), 0o640);
    assert_eq!(names(dir.path()), ["spec.md"]);
}

#[test]
fn a_cache_is_replaced_as_a_whole_too() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("index");
    for text in ["one", "two"] {
        file::replace_cache(&path, text.as_bytes()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    assert_eq!(names(dir.path()), ["index"]);
}

#[test]
fn a_new_file_has_the_mode_that_the_user_wants() {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("usual"), "").unwrap();
    file::replace(&dir.path().join("replaced"), b"").unwrap();
    file::create_new(&dir.path().join("created"), b"").unwrap();
    let usual = mode(&dir.path().join("usual"));
    assert_eq!(mode(&dir.path().join("replaced")), usual);
    assert_eq!(mode(&dir.path().join("created")), usual);
}

#[test]
fn replace_writes_where_a_link_leads() {
    let dir = tempdir().unwrap();
    fs::create_dir(dir.path().join("there")).unwrap();
    let link = dir.path().join("link");
    symlink("second", &link).unwrap();
    symlink("there/real", dir.path().join("second")).unwrap();
    for text in ["made through a dangling link", "replaced"] {
        file::replace(&link, text.as_bytes()).unwrap();
        assert_eq!(
            fs::read_to_string(dir.path().join("there/real")).unwrap(),
            text
        );
        assert!(link.is_symlink());
    }
    symlink("round", dir.path().join("round")).unwrap();
    assert!(file::replace(&dir.path().join("round"), b"").is_err());
}

#[test]
fn replace_never_replaces_what_is_no_file() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("fifo");
    fifo(&path);
    assert!(
        file::replace(&path, b"")
            .unwrap_err()
            .to_string()
            .contains("a FIFO, not a regular file")
    );
    assert!(
        file::replace(Path::new("/dev/null"), b"")
            .unwrap_err()
            .to_string()
            .contains("a device")
    );
    assert_eq!(
        file::replace(dir.path(), b"").unwrap_err().kind(),
        ErrorKind::IsADirectory
    );
}

#[test]
fn an_error_names_the_file_and_the_reason() {
    let error = file::replace(Path::new("/no/such/folder/x"), b"").unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(
        error.to_string(),
        "failed to write /no/such/folder/x: No such file or directory (os error 2)"
    );
}

#[test]
fn a_private_file_is_private_from_the_beginning() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("trust");
    file::write_private(&path, b"a").unwrap();
    assert_eq!(mode(&path), 0o600);
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    file::write_private(&path, b"b").unwrap();
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn of_fifty_creators_one_wins() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("spec.md");
    let start = Barrier::new(50);
    let create = &|text: String| {
        start.wait();
        (file::create_new(&path, text.as_bytes()).unwrap(), text)
    };
    let winners: Vec<String> = thread::scope(|scope| {
        let creators: Vec<_> = (0..50)
            .map(|n| scope.spawn(move || create(format!("creator {n}"))))
            .collect();
        let results = creators.into_iter().map(|creator| creator.join().unwrap());
        results
            .filter(|(created, _)| *created == Created::Yes)
            .map(|(_, text)| text)
            .collect()
    });
    assert_eq!(winners.len(), 1);
    assert_eq!(fs::read_to_string(&path).unwrap(), winners[0]);
    assert_eq!(names(dir.path()), ["spec.md"]);
}

#[test]
fn create_new_respects_a_dangling_link() {
    let dir = tempdir().unwrap();
    let link = dir.path().join("link");
    symlink("nowhere", &link).unwrap();
    assert_eq!(file::create_new(&link, b"x").unwrap(), Created::Exists);
    assert_eq!(names(dir.path()), ["link"]);
}

#[test]
fn only_regular_files_are_read_and_none_blocks() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("fifo");
    fifo(&path);
    let refused = |path: &Path| file::read_regular(path, 10).unwrap_err().to_string();
    assert!(refused(&path).ends_with("a FIFO, not a regular file"));
    assert!(refused(dir.path()).ends_with("a folder, not a regular file"));
    assert!(refused(Path::new("/dev/zero")).ends_with("a device, not a regular file"));
    symlink("/dev/zero", dir.path().join("link")).unwrap();
    assert!(refused(&dir.path().join("link")).ends_with("a device, not a regular file"));
}

#[test]
fn a_file_is_read_whole_or_not_at_all() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("ten");
    fs::write(&path, "0123456789").unwrap();
    symlink("ten", dir.path().join("link")).unwrap();
    assert_eq!(
        file::read_regular(&dir.path().join("link"), 10).unwrap(),
        b"0123456789"
    );
    let error = file::read_regular(&path, 9).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileTooLarge);
    assert!(
        error
            .to_string()
            .ends_with("larger than the 9 bytes that are read")
    );
}

#[test]
fn appended_lines_stand_on_their_own() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("events.jsonl");
    fs::write(&path, "one\ncut sho").unwrap();
    let mut log = Appender::open(&path).unwrap();
    log.write_line(b"two").unwrap();
    log.sync().unwrap();
    Appender::open(&path).unwrap().write_line(b"three").unwrap();
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "one\ncut sho\ntwo\nthree\n"
    );
}

#[test]
fn copy_takes_content_and_mode() {
    let dir = tempdir().unwrap();
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    fs::write(&from, "text").unwrap();
    file::set_executable(&from).unwrap();
    file::copy(&from, &to).unwrap();
    assert_eq!(fs::read(&to).unwrap(), b"text");
    assert_eq!(mode(&to), mode(&from));
    assert_eq!(mode(&to) & 0o100, 0o100);
    assert_eq!(
        file::copy(&dir.path().join("gone"), &to)
            .unwrap_err()
            .action(),
        "read"
    );
}

#[test]
fn removing_may_be_repeated_and_never_follows_links() {
    let dir = tempdir().unwrap();
    let (tree, kept) = (dir.path().join("tree"), dir.path().join("kept"));
    fs::create_dir(&kept).unwrap();
    file::create_dir_all(&tree.join("a/b")).unwrap();
    file::create_dir_all(&tree.join("a/b")).unwrap();
    symlink(&kept, tree.join("a/link")).unwrap();
    fs::set_permissions(tree.join("a"), Permissions::from_mode(0o500)).unwrap();
    for _ in 0..2 {
        file::remove_tree(&tree).unwrap();
        file::remove_file(&tree.join("x")).unwrap();
    }
    assert_eq!(names(dir.path()), ["kept"]);
}

#[test]
fn a_rename_replaces() {
    let dir = tempdir().unwrap();
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    fs::write(&from, "new").unwrap();
    fs::write(&to, "old").unwrap();
    file::rename(&from, &to).unwrap();
    assert_eq!(names(dir.path()), ["to"]);
    assert_eq!(fs::read(&to).unwrap(), b"new");
    assert!(file::rename(&from, &to).unwrap_err().is_not_found());
}

#[test]
fn a_left_over_temporary_file_is_known_by_its_name() {
    assert!(file::is_leftover(".chant-tmp-a1b2c3".as_ref()));
    assert!(!file::is_leftover("spec.md".as_ref()));
}
