//! Every spec that others wrote is read, and survives edits with every other byte unchanged.

use std::path::PathBuf;

use chant_spec::{Document, lint, push_list, set_checked, set_scalar};

fn files() -> Vec<(PathBuf, Vec<u8>)> {
    let shared = std::env::var_os("CHANT_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let Ok(folder) = std::fs::read_dir(shared.join("corpus/specs")) else {
        eprintln!("skipped: no corpus in {}", shared.display());
        return Vec::new();
    };
    let paths = folder.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect()
}

/// The lines of one version that the other has not, both ways, by cutting the common head and tail.
fn changed<'a>(before: &'a str, after: &'a str) -> (Vec<&'a str>, Vec<&'a str>) {
    let (mut a, mut b): (Vec<_>, Vec<_>) = (
        before.split_inclusive('\n').collect(),
        after.split_inclusive('\n').collect(),
    );
    while a.last() == b.last() && a.pop().is_some() {
        b.pop();
    }
    let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    (a.split_off(same), b.split_off(same))
}

#[test]
fn every_file_is_read_and_survives_a_status_edit() {
    for (path, bytes) in files() {
        let name = path.display();
        let doc =
            Document::parse(bytes.clone()).unwrap_or_else(|errors| panic!("{name}: {errors}"));
        assert_eq!(doc.bytes(), bytes, "{name}");
        assert!(
            doc.title().is_some_and(|title| !title.is_empty()),
            "{name}: no title"
        );
        let _ = lint::lint(&doc);
        let edited = String::from_utf8(set_scalar(&doc, "status", "paused").unwrap()).unwrap();
        let (old, new) = changed(doc.text(), &edited);
        assert_eq!(
            (old.len(), new.as_slice()),
            (1, ["status: paused\n"].as_slice()),
            "{name}"
        );
        let back = Document::parse(edited.into_bytes()).unwrap();
        let word = doc.frontmatter().status.as_str().to_owned();
        assert_eq!(set_scalar(&back, "status", &word).unwrap(), bytes, "{name}");
    }
}

#[test]
fn every_file_survives_an_appended_commit_and_a_tick() {
    for (path, bytes) in files() {
        let name = path.display();
        let doc = Document::parse(bytes.clone()).unwrap();
        let pushed = String::from_utf8(push_list(&doc, "commits", &["12e4567"]).unwrap()).unwrap();
        let (old, new) = changed(doc.text(), &pushed);
        assert!(
            old.len() <= 1 && new.len() <= 2,
            "{name}: {old:?} became {new:?}"
        );
        for index in 0..doc.criteria().len() {
            let ticked = set_checked(&doc, index, !doc.criteria()[index].checked).unwrap();
            let different = bytes.iter().zip(&ticked).filter(|(a, b)| a != b).count();
            assert_eq!((ticked.len(), different), (bytes.len(), 1), "{name}");
        }
    }
}

#[test]
#[ignore = "a measurement: run it with --release -- --ignored --nocapture"]
fn time_for_one_file() {
    let files = files();
    let size = files.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() / files.len().max(1);
    let rounds = 20;
    let runs = u32::try_from(files.len() * rounds).unwrap().max(1);
    let measure = |what: &str, read: &dyn Fn(&Document) -> usize| {
        let start = std::time::Instant::now();
        let mut found = 0;
        for (_, bytes) in std::iter::repeat_n(&files, rounds).flatten() {
            found += read(&Document::parse(bytes.clone()).unwrap());
        }
        eprintln!(
            "{what}: {:?} for a file of {size} bytes ({found})",
            start.elapsed() / runs
        );
    };
    measure("frontmatter", &|doc| doc.frontmatter().labels.len());
    measure("title and criteria", &|doc| doc.criteria().len());
    measure("lint", &|doc| lint::lint(doc).len());
}
