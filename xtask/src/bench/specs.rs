//! Projects full of specs, the same on every machine. Sizes, keys, criteria, dependencies and labels are spread as in
//! three weeks of a real project's specs; the words are invented.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;

use super::Bench;

/// Raise it when the generator changes: a project of another edition is made anew.
const EDITION: &str = "1";

/// What about one spec in a hundred contains, for searching.
pub(super) const RARE: &str = "lost update";

const WORDS: [&str; 24] = [
    "storage", "reader", "writer", "queue", "error", "message", "config", "record", "cache",
    "when", "the", "a", "before", "after", "returns", "keeps", "every", "second", "without", "its",
    "value", "line", "test", "path",
];

/// Body sizes in bytes at the 5th, 25th, 50th, 75th, 95th and 100th percentile.
const SIZES: [(u64, u64); 6] = [
    (5, 170),
    (25, 1380),
    (50, 2632),
    (75, 5717),
    (95, 8611),
    (100, 20_067),
];

/// A project with `count` specs and the id of one in the middle. It is made once and kept.
pub(super) fn project(bench: &Bench, count: usize) -> Result<(PathBuf, String)> {
    let folder = bench.folder.join(format!("specs-{count}"));
    let stamp = bench.folder.join(format!("specs-{count}.edition"));
    let middle = id(count / 2, count, &mut Random::new(count / 2));
    if fs::read_to_string(&stamp).is_ok_and(|edition| edition == EDITION) {
        return Ok((folder, middle));
    }
    println!("making {}", folder.display());
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let specs = folder.join(".chant/specs");
    fs::create_dir_all(&specs)?;
    fs::write(
        folder.join(".chant/config.md"),
        "---\nproject:\n  name: bench\n---\n",
    )?;
    let mut before = Vec::new();
    for number in 0..count {
        let mut random = Random::new(number);
        let id = id(number, count, &mut random);
        fs::write(specs.join(format!("{id}.md")), spec(&mut random, &before))?;
        before.push(id);
    }
    bench.git(&["init", "--quiet"], &folder)?;
    bench.git(&["add", "--all"], &folder)?;
    bench.git(&["commit", "--quiet", "--message", "specs"], &folder)?;
    fs::write(stamp, EDITION)?;
    Ok((folder, middle))
}

/// Takes away what measuring `add` has left: ids of another year than the generated ones.
pub(super) fn remove_added(project: &Path) -> Result<()> {
    for entry in fs::read_dir(project.join(".chant/specs"))? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with("2025-") {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Ids are spread over the days of one year.
fn id(number: usize, count: usize, random: &mut Random) -> String {
    let per_day = count.div_ceil(336).max(1);
    let day = number / per_day;
    let sequence = base36(number % per_day + 1);
    let suffix = base36(usize::try_from(random.below(36 * 36 * 36)).unwrap_or(0));
    format!(
        "2025-{:02}-{:02}-{sequence}-{suffix}",
        day / 28 + 1,
        day % 28 + 1
    )
}

fn base36(number: usize) -> String {
    let digit = |value: usize| char::from(b"0123456789abcdefghijklmnopqrstuvwxyz"[value % 36]);
    [number / 1296, number / 36, number]
        .map(digit)
        .iter()
        .collect()
}

fn spec(random: &mut Random, before: &[String]) -> String {
    let completed = random.chance(93);
    let mut text = frontmatter(random, before, completed);
    let _ = write!(text, "\n# {}\n\n## Problem\n\n", sentence(random));
    let size = size(random);
    if random.chance(1) {
        let _ = write!(text, "This is a {RARE}. ");
    }
    while text.len() < size / 2 {
        paragraph(random, &mut text);
    }
    text.push_str("## Acceptance Criteria\n\n");
    for _ in 0..random.below(11) {
        let mark = if completed { 'x' } else { ' ' };
        let _ = writeln!(text, "- [{mark}] {}", sentence(random));
    }
    text.push('\n');
    if text.len() < size {
        text.push_str("## Agent Output\n\n");
    }
    while text.len() < size {
        paragraph(random, &mut text);
    }
    text
}

fn frontmatter(random: &mut Random, before: &[String], completed: bool) -> String {
    let kind = match random.below(100) {
        0..88 => "code",
        88..93 => "documentation",
        93..97 => "task",
        _ => "research",
    };
    let status = match (completed, random.chance(50)) {
        (true, _) => "completed",
        (false, true) => "cancelled",
        (false, false) => "pending",
    };
    let mut text = format!("---\ntype: {kind}\nstatus: {status}\n");
    if random.chance(19) && !before.is_empty() {
        let at = random.below(before.len().min(200) as u64);
        let id = &before[before.len() - 1 - usize::try_from(at).unwrap_or(0)];
        let _ = write!(text, "depends_on:\n- {id}\n");
    }
    if random.chance(12) {
        let _ = write!(text, "labels:\n- issue-{}\n", random.below(500));
    }
    if random.chance(60) {
        text.push_str("target_files:\n");
        for _ in 0..=random.below(4) {
            let _ = writeln!(text, "- src/{}/{}.rs", random.word(), random.word());
        }
    }
    if completed {
        let _ = write!(text, "commits:\n- a{:06x}\n", random.below(1 << 24));
        let _ = writeln!(
            text,
            "completed_at: 2026-01-28T16:{:02}:51Z\nmodel: sonnet",
            random.below(60)
        );
    }
    text.push_str("---\n");
    text
}

/// A size between two percentiles of the real ones.
fn size(random: &mut Random) -> usize {
    let percent = random.below(100);
    let mut from = (0, 100);
    for to in SIZES {
        if percent < to.0 {
            let bytes = from.1 + (to.1 - from.1) * (percent - from.0) / (to.0 - from.0);
            return usize::try_from(bytes).unwrap_or(usize::MAX);
        }
        from = to;
    }
    0
}

fn paragraph(random: &mut Random, text: &mut String) {
    let fenced = random.chance(15);
    text.push_str(if fenced { "```rust\n" } else { "" });
    for _ in 0..=random.below(5) {
        let _ = writeln!(
            text,
            "{} `{}` {}.",
            sentence(random),
            random.word(),
            sentence(random)
        );
    }
    text.push_str(if fenced { "```\n\n" } else { "\n" });
}

fn sentence(random: &mut Random) -> String {
    let words: Vec<&str> = (0..4 + random.below(7)).map(|_| random.word()).collect();
    words.join(" ")
}

/// Numbers that look random and are the same everywhere (xorshift64).
struct Random(u64);

impl Random {
    fn new(seed: usize) -> Self {
        Self((seed as u64 + 1).wrapping_mul(0x2545_f491_4f6c_dd1d) | 1)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn word(&mut self) -> &'static str {
        WORDS[usize::try_from(self.below(WORDS.len() as u64)).unwrap_or(0)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_is_the_same_every_time_and_begins_with_frontmatter() {
        let make = |seed| spec(&mut Random::new(seed), &["2025-01-01-001-abc".to_owned()]);
        assert_eq!(make(7), make(7));
        assert_ne!(make(7), make(8));
        assert!(make(7).starts_with("---\ntype: "));
        assert!(make(7).contains("\n## Acceptance Criteria\n"));
    }

    #[test]
    fn sizes_are_spread_as_in_the_real_project() {
        let mut sizes: Vec<usize> = (0..2000)
            .map(|seed| spec(&mut Random::new(seed), &[]).len())
            .collect();
        sizes.sort_unstable();
        assert!(
            (1800..3600).contains(&sizes[1000]),
            "median {}",
            sizes[1000]
        );
        assert!(sizes[1999] < 25_000);
    }

    #[test]
    fn ids_differ_and_stay_in_one_year() {
        let ids: Vec<String> = (0..10_000)
            .map(|n| id(n, 10_000, &mut Random::new(n)))
            .collect();
        assert_eq!(
            ids.iter().collect::<std::collections::BTreeSet<_>>().len(),
            ids.len()
        );
        assert!(
            ids.iter()
                .all(|id| id.starts_with("2025-") && id.len() == 18),
            "{}",
            ids[9_999]
        );
    }
}
