//! The index is a cache that is never wrong, and that can be deleted at any time.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;

use chant_testkit::TestRepo;

use super::Index;
use crate::project::Project;

/// In nanoseconds.
const HOUR: i64 = 3_600_000_000_000;

const SPECS: usize = super::NOT_WORTH_WRITING * 2;

fn spec(title: &str) -> String {
    format!("---\ntype: code\nstatus: pending\n---\n\n# {title}\n")
}

/// Enough specs that a cache is worth writing.
fn project() -> TestRepo {
    let repo = TestRepo::new();
    for number in 0..SPECS {
        repo.write(&format!(".chant/specs/{number:03}-x.md"), &spec("first"));
    }
    repo
}

/// The title that the index has, an hour from now: long enough after every change for the cache to be believed.
fn title(repo: &TestRepo, id: &str) -> Option<String> {
    title_at(repo, id, chant_os::clock::since_epoch() + HOUR)
}

/// The title that the index has.
fn title_now(repo: &TestRepo, id: &str) -> Option<String> {
    title_at(repo, id, chant_os::clock::since_epoch())
}

fn title_at(repo: &TestRepo, id: &str, now: i64) -> Option<String> {
    let project = Project::open(repo.path()).unwrap();
    let entries = Index::load_at(&project, now).unwrap().into_entries();
    let entry = entries.iter().find(|entry| entry.node.id == id)?;
    entry.content.as_ref().unwrap().title.clone()
}

/// Changes titles in the cache alone, so that an answer tells where it came from.
fn falsify(repo: &TestRepo) {
    let path = repo.path().join(".git/chant/index");
    let project = Project::open(repo.path()).unwrap();
    let later = chant_os::clock::since_epoch() + HOUR;
    let mut entries = Index::load_at(&project, later).unwrap().into_entries();
    for entry in &mut entries {
        entry.content.as_mut().unwrap().title = Some("remembered".to_owned());
    }
    super::cache::write(&path, later, &entries);
}

#[test]
fn what_has_not_changed_is_remembered_and_what_has_is_read() {
    let repo = project();
    assert_eq!(title(&repo, "007-x").as_deref(), Some("first"));
    falsify(&repo);
    repo.write(".chant/specs/007-x.md", &spec("changed"));
    assert_eq!(title(&repo, "007-x").as_deref(), Some("changed"));
    assert_eq!(title(&repo, "008-x").as_deref(), Some("remembered"));
}

#[test]
fn what_changed_a_moment_before_it_was_read_is_read_again() {
    let repo = project();
    let project = Project::open(repo.path()).unwrap();
    Index::load(&project).unwrap();
    let path = repo.path().join(".git/chant/index");
    let mut entries = Index::load(&project).unwrap().into_entries();
    for entry in &mut entries {
        entry.content.as_mut().unwrap().title = Some("remembered".to_owned());
    }
    let newest = entries
        .iter()
        .filter_map(|entry| entry.stamp)
        .map(|stamp| stamp.newest())
        .max()
        .unwrap();
    super::cache::write(&path, newest + 1, &entries);
    assert_eq!(title(&repo, "007-x").as_deref(), Some("first"));
}

#[test]
fn a_clock_that_went_backwards_makes_nothing_believed() {
    let repo = project();
    let project = Project::open(repo.path()).unwrap();
    Index::load_at(&project, 0).unwrap();
    let cache = super::Cache::read(&repo.path().join(".git/chant/index"));
    assert_eq!(cache.unused(), 0, "no row was worth keeping");
}

#[test]
fn a_file_that_takes_anothers_place_is_read() {
    let repo = project();
    assert_eq!(title(&repo, "007-x").as_deref(), Some("first"));
    repo.write("elsewhere.md", &spec("other"));
    let other = repo.path().join("elsewhere.md");
    fs::rename(other, repo.path().join(".chant/specs/007-x.md")).unwrap();
    assert_eq!(title(&repo, "007-x").as_deref(), Some("other"));
}

#[test]
fn what_is_no_file_of_the_repository_is_an_entry_with_its_error() {
    let repo = project();
    let specs = repo.path().join(".chant/specs");
    fs::create_dir(specs.join("folder.md")).unwrap();
    fs::write(repo.home().join("secret"), spec("secret")).unwrap();
    std::os::unix::fs::symlink(repo.home().join("secret"), specs.join("outside.md")).unwrap();
    std::os::unix::fs::symlink("007-x.md", specs.join("inside.md")).unwrap();
    std::os::unix::fs::symlink("nowhere", specs.join("dangling.md")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", specs.join("device.md")).unwrap();
    assert!(
        repo.command("mkfifo")
            .arg(specs.join("fifo.md"))
            .status()
            .unwrap()
            .success()
    );
    let project = Project::open(repo.path()).unwrap();
    let entries = Index::load(&project).unwrap().into_entries();
    let check = |id: &str, expect: Option<&str>| {
        let entry = entries.iter().find(|entry| entry.node.id == id).unwrap();
        match (&entry.content, expect) {
            (Ok(_), None) => {}
            (Err(finding), Some(expect)) => assert!(
                finding.message.contains(expect),
                "{id}: {}",
                finding.message
            ),
            (content, _) => panic!("{id}: {content:?}"),
        }
    };
    check("inside", None);
    check("folder", Some("a folder"));
    check("outside", Some("out of the repository"));
    check("device", Some("out of the repository"));
    check("dangling", Some("nowhere"));
    check("fifo", Some("not a regular file"));
}

#[test]
fn a_change_of_the_same_length_right_after_a_listing_is_seen() {
    let repo = project();
    assert_eq!(title_now(&repo, "007-x").as_deref(), Some("first"));
    repo.write(".chant/specs/007-x.md", &spec("other"));
    assert_eq!(title_now(&repo, "007-x").as_deref(), Some("other"));
    repo.write(".chant/specs/007-x.md", &spec("third"));
    assert_eq!(title_now(&repo, "007-x").as_deref(), Some("third"));
}

#[test]
fn new_and_deleted_specs_are_seen() {
    let repo = project();
    assert_eq!(title(&repo, "900-x"), None);
    repo.write(".chant/specs/900-x.md", &spec("new"));
    assert_eq!(title(&repo, "900-x").as_deref(), Some("new"));
    fs::remove_file(repo.path().join(".chant/specs/900-x.md")).unwrap();
    assert_eq!(title(&repo, "900-x"), None);
}

#[test]
fn a_broken_or_missing_cache_is_no_loss() {
    let repo = project();
    assert_eq!(title(&repo, "001-x").as_deref(), Some("first"));
    let cache = repo.path().join(".git/chant/index");
    for broken in [&b""[..], b"nonsense", &[0xff; 4096]] {
        fs::create_dir_all(cache.parent().unwrap()).unwrap();
        fs::write(&cache, broken).unwrap();
        assert_eq!(title(&repo, "001-x").as_deref(), Some("first"));
    }
    let whole = fs::read(&cache).unwrap();
    fs::write(&cache, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(title(&repo, "001-x").as_deref(), Some("first"));
    fs::remove_file(&cache).unwrap();
    assert_eq!(title(&repo, "001-x").as_deref(), Some("first"));
}
