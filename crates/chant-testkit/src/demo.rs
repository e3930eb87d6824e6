//! The demo's phases as turns of a scripted model: a real agent then does in each what the recording holds.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// The phases, in order.
pub const PHASES: [&str; 5] = [
    "001-comprehension",
    "002-reproduction",
    "003-root-cause",
    "004-impact-map",
    "005-fork-fix",
];

/// The turns of all phases: files written by the agent's own tools, tests run, boxes ticked, committed.
pub fn script() -> Value {
    PHASES.iter().flat_map(|phase| turns(phase)).collect()
}

/// The turns of one phase.
pub fn turns(phase: &str) -> Vec<Value> {
    let folder = material().join("phases").join(phase);
    let mut files = Vec::new();
    collect(&folder.join("files"), &folder.join("files"), &mut files);
    vec![
        json!({ "text": "I look at what is there.", "sh": "git status --short && ls" }),
        json!({ "text": "Now I write it down.", "calls": files }),
        json!({ "sh": "python3 -m unittest discover -s tests -t . 2>&1 | tail -n 3" }),
        json!({ "sh": finish(phase, &folder) }),
        json!({ "text": "It is written, tried and committed." }),
    ]
}

fn material() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.join("../chant-engine/demo")
        .canonicalize()
        .expect("the demo's folder")
}

/// A new file is written by the agent's tool for that. A file that is there already is put in place by the shell: an agent
/// would have to read it before it may edit it.
fn collect(root: &Path, folder: &Path, turns: &mut Vec<Value>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(root, &path, turns);
            continue;
        }
        let name = path.strip_prefix(root).expect("below it");
        let text = std::fs::read_to_string(&path).expect("text");
        let there = material().join("repo").join(name).exists();
        turns.push(if there || text.is_empty() {
            json!({ "sh": put(name, &text) })
        } else {
            json!({ "write": { "path": name, "content": text } })
        });
    }
}

/// The command that writes a file.
pub(crate) fn put(name: &Path, text: &str) -> String {
    let name = name.display();
    let end = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!(
        "mkdir -p \"$(dirname {name})\" && cat > {name} <<'END_OF_FILE'\n{text}{end}END_OF_FILE\n"
    )
}

/// Ticks every box, adds what the phase adds to its spec, and commits.
fn finish(phase: &str, folder: &Path) -> String {
    let spec = format!(".chant/specs/{phase}.md");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    let (more, message) = (read("append.md"), read("commit.txt"));
    format!(
        "sed -i 's/- \\[ \\]/- [x]/' {spec}\ncat >> {spec} <<'END_OF_FILE'\n{more}END_OF_FILE\n\
         git add -A && git commit -q -F - <<'END_OF_FILE'\n{message}END_OF_FILE\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_phase_writes_its_files_and_commits() {
        for phase in PHASES {
            let turns = Value::from(turns(phase)).to_string();
            assert!(turns.contains("git commit"), "{phase}");
        }
        let fix = turns("005-fork-fix");
        let files = fix[1]["calls"].as_array().expect("files");
        assert!(
            files
                .iter()
                .any(|file| file["write"]["path"] == "tests/test_store_locking.py")
        );
        assert!(
            fix[3]["sh"]
                .as_str()
                .expect("a command")
                .contains("Release Notes")
        );
    }
}
