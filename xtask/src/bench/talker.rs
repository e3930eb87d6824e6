//! Agents that say as much as they are told to, each in the words of a real one: a file of lines that was written before, so
//! that what is measured is not the agent's own time.

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Result;

use super::{Bench, crowd::script, timing::Case};

/// Whose words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tongue {
    Claude,
    Codex,
    Acp,
}

impl Tongue {
    pub(super) const ALL: [Self; 3] = [Self::Claude, Self::Codex, Self::Acp];

    /// Its kind in the settings.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Acp => "acp",
        }
    }

    /// One turn: it speaks, calls a tool, and gets the tool's answer. The fields are those of the real programs.
    fn turn(self, number: usize) -> String {
        let call = format!("call_{number:08}");
        let mut turn = String::new();
        let said = "I will look at how the store is locked, and where a write may come between.";
        let answer = r"src/store.rs\n12:    let guard = self.lock.lock();\n48:    fn write(&mut self, key: &str)\n";
        let lines: Vec<String> = match self {
            Self::Claude => {
                let message = |content: &str| {
                    format!(
                        r#"{{"type":"assistant","message":{{"id":"msg_{number:08}","type":"message","role":"assistant","model":"claude-opus-5-5","content":[{content}],"stop_reason":null,"stop_sequence":null,"usage":{{"input_tokens":1200,"cache_creation_input_tokens":0,"cache_read_input_tokens":1000,"output_tokens":{number},"service_tier":"standard"}}}},"parent_tool_use_id":null,"session_id":"aac7e375-b7d0-4dcd-b8bd-f957722ce846","uuid":"8b15aa2f-2d75-4b78-84a2-{number:012}"}}"#
                    )
                };
                vec![
                    message(&format!(r#"{{"type":"text","text":"{said}"}}"#)),
                    message(&format!(
                        r#"{{"type":"tool_use","id":"{call}","name":"Bash","input":{{"command":"grep -n lock src/store.rs","description":"Find the locks"}}}}"#
                    )),
                    format!(
                        r#"{{"type":"user","message":{{"role":"user","content":[{{"tool_use_id":"{call}","type":"tool_result","content":"{answer}","is_error":false}}]}},"parent_tool_use_id":null,"session_id":"aac7e375-b7d0-4dcd-b8bd-f957722ce846","uuid":"1d15aa2f-2d75-4b78-84a2-{number:012}","tool_use_result":{{"stdout":"{answer}","stderr":"","interrupted":false,"isImage":false}}}}"#
                    ),
                ]
            }
            Self::Codex => {
                let command = r#""type":"command_execution","command":"/bin/bash -lc 'grep -n lock src/store.rs'""#;
                vec![
                    format!(
                        r#"{{"type":"item.completed","item":{{"id":"item_a{number}","type":"agent_message","text":"{said}"}}}}"#
                    ),
                    format!(
                        r#"{{"type":"item.started","item":{{"id":"item_b{number}",{command},"aggregated_output":"","exit_code":null,"status":"in_progress"}}}}"#
                    ),
                    format!(
                        r#"{{"type":"item.completed","item":{{"id":"item_b{number}",{command},"aggregated_output":"{answer}","exit_code":0,"status":"completed"}}}}"#
                    ),
                ]
            }
            Self::Acp => {
                let update = |update: &str| {
                    format!(
                        r#"{{"jsonrpc":"2.0","method":"session/update","params":{{"sessionId":"bench","update":{{{update}}}}}}}"#
                    )
                };
                vec![
                    update(&format!(
                        r#""sessionUpdate":"agent_message_chunk","content":{{"type":"text","text":"{said}\n"}}"#
                    )),
                    update(&format!(
                        r#""sessionUpdate":"tool_call","toolCallId":"{call}","title":"grep -n lock src/store.rs","kind":"execute","status":"pending","rawInput":{{"command":"grep -n lock src/store.rs"}}"#
                    )),
                    update(&format!(
                        r#""sessionUpdate":"tool_call_update","toolCallId":"{call}","status":"completed","content":[{{"type":"content","content":{{"type":"text","text":"{answer}"}}}}]"#
                    )),
                ]
            }
        };
        for line in lines {
            let _ = writeln!(turn, "{line}");
        }
        turn
    }

    /// How it begins and ends, as a shell says it. `$LINES` names the file.
    fn program(self) -> &'static str {
        match self {
            Self::Claude => {
                r#"[ "${1-}" = --version ] && { echo 2.1.329; exit; }
echo '{"type":"system","subtype":"init","session_id":"aac7e375-b7d0-4dcd-b8bd-f957722ce846","model":"claude-opus-5-5","tools":["Bash"]}'
cat "$LINES"
work
echo '{"type":"result","subtype":"success","is_error":false,"result":"Done.","num_turns":9,"total_cost_usd":0.1,"session_id":"aac7e375-b7d0-4dcd-b8bd-f957722ce846","usage":{"input_tokens":9,"output_tokens":9}}'
"#
            }
            Self::Codex => {
                r#"[ "${1-}" = --version ] && { echo 0.56.0; exit; }
echo '{"type":"thread.started","thread_id":"01a1fb57-1bb2-7892-87b1-8ad01b9ea201"}'
echo '{"type":"turn.started"}'
cat "$LINES"
work
echo '{"type":"turn.completed","usage":{"input_tokens":9,"cached_input_tokens":0,"output_tokens":9}}'
"#
            }
            // It answers as many questions as there are, each with the number of the question.
            Self::Acp => {
                r#"[ "${1-}" = --version ] && { echo 1.0.0; exit; }
while read -r line; do
    id=$(printf '%s' "$line" | sed -n 's/.*"id":\("[^"]*"\|[0-9]*\).*/\1/p')
    case "$line" in
    *'"initialize"'*) result='{"protocolVersion":1,"agentCapabilities":{}}' ;;
    *'"session/new"'*) result='{"sessionId":"bench"}' ;;
    *'"session/prompt"'*)
        cat "$LINES"
        work
        result='{"stopReason":"end_turn"}' ;;
    *) result='{}' ;;
    esac
    [ -n "$id" ] && echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":$result}"
done
"#
            }
        }
    }
}

/// What the spec asked for. `$LINES` is replaced by a path: an agent's environment is made by chant.
const WORK: &str = r#"#!/bin/sh
work() {
    sed 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE" > ticked
    cat ticked > "$CHANT_SPEC_FILE"
    rm ticked
    echo done > "out-$CHANT_SPEC_ID.txt"
}
"#;

/// A repository with one spec, and an agent that says so many events before it does it.
pub(super) struct Talker {
    pub(super) repository: PathBuf,
}

/// The spec.
pub(super) const SPEC: &str = "talk";

impl Talker {
    /// Three lines are a turn; there are `lines` of them, or a few more.
    pub(super) fn prepare(bench: &Bench, tongue: Tongue, lines: usize) -> Result<Self> {
        let folder = bench.folder.join("talk");
        for stale in [&folder, &bench.folder.join("worktrees")] {
            if stale.exists() {
                fs::remove_dir_all(stale)?;
            }
        }
        let repository = folder.join("repository");
        fill(bench, &repository)?;
        let said = folder.join("lines");
        write(&said, tongue, lines)?;
        let agent = folder.join("agent.sh");
        let program = tongue
            .program()
            .replace("$LINES", &said.display().to_string());
        script(&agent, &format!("{WORK}{program}"))?;
        let settings = format!(
            "---\ndefaults:\n  agent: talker\nagents:\n- name: talker\n  kind: {}\n  command: ['{}']\n---\n",
            tongue.kind(),
            agent.display()
        );
        fs::write(bench.home().join(".config/chant/config.md"), settings)?;
        Ok(Self { repository })
    }

    /// `chant work` on it. What it prints is read.
    pub(super) fn work(&self, bench: &Bench) -> Case {
        bench.chant(&["--no-input", "work", SPEC], &self.repository)
    }

    /// The file with the events of its run, once there is one.
    pub(super) fn events(&self) -> Option<PathBuf> {
        let runs = fs::read_dir(self.repository.join(".git/chant/runs")).ok()?;
        let mut runs = runs
            .flatten()
            .map(|run| run.path().join("events.jsonl"))
            .filter(|file| file.exists());
        runs.next()
    }
}

fn fill(bench: &Bench, repository: &Path) -> Result<()> {
    let specs = repository.join(".chant/specs");
    fs::create_dir_all(&specs)?;
    fs::write(
        repository.join(".chant/config.md"),
        "---\nproject:\n  name: talk\n---\n",
    )?;
    let spec = "---\ntype: code\nstatus: pending\n---\n\n# A file more\n\n## Acceptance Criteria\n\n- [ ] It is there\n";
    fs::write(specs.join(format!("{SPEC}.md")), spec)?;
    bench.git(&["init", "--quiet"], repository)?;
    bench.git(&["add", "--all"], repository)?;
    bench.git(&["commit", "--quiet", "--message", "a spec"], repository)
}

fn write(path: &Path, tongue: Tongue, lines: usize) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for number in 0..lines.div_ceil(3) {
        file.write_all(tongue.turn(number).as_bytes())?;
    }
    Ok(file.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_three_lines_in_every_tongue() {
        for tongue in Tongue::ALL {
            let turn = tongue.turn(7);
            assert_eq!(turn.lines().count(), 3, "{turn}");
            assert!(
                turn.lines()
                    .all(|line| line.starts_with('{') && line.ends_with('}'))
            );
        }
    }
}
