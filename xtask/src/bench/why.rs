//! `chant why` on a file of a thousand lines with a long history, next to `git blame` of the same file.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::Result;

use super::{Bench, timing};

/// How many lines the file has in the end.
const LINES: usize = 1000;

/// How many commits wrote it; every second one is a landing.
const COMMITS: usize = 400;

/// Times the whole file and one line.
pub(super) fn measure(bench: &Bench) -> Result<()> {
    let repository = bench.folder.join("why");
    if repository.exists() {
        fs::remove_dir_all(&repository)?;
    }
    fill(bench, &repository)?;
    let blame = |words: &[&str]| {
        let name = format!("git {}", words.join(" "));
        bench.case(&name, Path::new("git"), words, &repository)
    };
    let whole = [
        blame(&["blame", "--porcelain", "big.txt"]),
        bench.chant(&["why", "big.txt"], &repository),
    ];
    let line = [
        blame(&["blame", "--porcelain", "-L500,500", "big.txt"]),
        bench.chant(&["why", "big.txt:500"], &repository),
    ];
    let timings = timing::alternate(bench.runs, |_| whole.to_vec())?;
    timing::print("where 1,000 lines come from", &timings);
    let timings = timing::alternate(bench.runs, |_| line.to_vec())?;
    timing::print("where one line comes from", &timings);
    Ok(())
}

/// Every commit changes lines all over the file.
fn fill(bench: &Bench, repository: &Path) -> Result<()> {
    fs::create_dir_all(repository.join(".chant/specs"))?;
    fs::write(
        repository.join(".chant/config.md"),
        "---\nproject:\n  name: why\n---\n",
    )?;
    let mut import = String::new();
    let mut lines: Vec<String> = (0..LINES).map(|line| format!("line {line}")).collect();
    for commit in 0..COMMITS {
        for line in (commit..LINES).step_by(97) {
            lines[line] = format!("line {line} of commit {commit}");
        }
        let text = lines.join("\n") + "\n";
        let message = message(commit);
        let time = 1_700_000_000 + commit;
        write!(
            import,
            "commit refs/heads/main\ncommitter Bench <bench@example.invalid> {time} +0000\ndata {}\n{message}M 644 inline big.txt\ndata {}\n{text}\n",
            message.len(),
            text.len()
        )?;
    }
    let stream = repository.join("import");
    fs::write(&stream, import)?;
    bench.git(&["init", "--quiet"], repository)?;
    bench
        .case(
            "git",
            Path::new("sh"),
            &["-c", "git fast-import --quiet < import && rm import"],
            repository,
        )
        .succeed()?;
    bench.git(&["reset", "--quiet", "--hard", "main"], repository)
}

fn message(commit: usize) -> String {
    if commit % 2 == 1 {
        return format!("change {commit}\n");
    }
    let spec = format!("spec-{commit:04}");
    format!(
        "chant({spec}): change {commit}\n\nChant-Spec: {spec}\nChant-Run: 01KARGXV1K7TKJJ4V7Q7{commit:06}\nChant-Agent: bench (command, version unknown)\nChant-Output: 0123456789012345678901234567890123456789 big.txt\n"
    )
}
