//! Whatever an agent prints, a run tells its end once, and last.

use std::{fs, path::Path};

use chant_agent::{AgentConfig, AgentEvent, AgentKind};

use crate::scratch::{PATIENT, Scratch};

/// Lines as claude prints them: in order, twice, cut in the middle, mixed, and with more than one end.
fn outputs() -> Vec<String> {
    let printed = include_str!("../fixtures/claude/success.jsonl");
    let lines: Vec<&str> = printed.lines().collect();
    let cut = |at: usize| {
        let end = printed.floor_char_boundary(printed.len() * at / 7);
        printed[..end].to_owned()
    };
    let twice: Vec<&str> = lines.iter().flat_map(|line| [*line, *line]).collect();
    let backwards: Vec<&str> = lines.iter().rev().copied().collect();
    let torn = lines
        .chunks(2)
        .map(<[&str]>::concat)
        .collect::<Vec<_>>()
        .join("\n");
    let mut all: Vec<String> = (0..7).map(cut).collect();
    all.extend([
        twice.join("\n"),
        backwards.join("\n"),
        torn,
        printed.repeat(3),
    ]);
    all
}

#[test]
fn the_end_is_told_once_and_last_whatever_is_printed() {
    for output in outputs() {
        let mut scratch = Scratch::new();
        let file = scratch.path("output");
        fs::write(&file, &output).unwrap();
        let mut config = AgentConfig::new("printer", AgentKind::Claude);
        let script = format!("cat {}", file.display());
        config.command = vec!["sh".into(), "-c".into(), script];
        scratch
            .agent(&config, Path::new("/bin/sh"), &PATIENT, |_, _| {})
            .unwrap();
        let is_end = |event: &&AgentEvent| matches!(event, AgentEvent::End { .. });
        assert_eq!(scratch.events.iter().filter(is_end).count(), 1, "{output}");
        assert!(
            scratch.events.last().as_ref().is_some_and(is_end),
            "{output}"
        );
    }
}
