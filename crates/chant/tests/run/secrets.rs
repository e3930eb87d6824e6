//! A secret that an agent comes to see turns up nowhere: not in what is shown, kept, recorded or landed.

use std::path::Path;

use chant_testkit::{Output, TestRepo};

use crate::support::*;

/// The value of a variable of the user's, of no known shape.
const VALUE: &str = "q9/Zk\"w7-plum-38";

/// Prints it in every way there is, and a key of a known shape with it.
const LOUD: &str = r#"
shape="ghp_$(printf 'aB3x%.0s' 1 2 3 4 5 6 7 8 9)"
echo "as text: $SHOP_TOKEN and $shape"
echo "on standard error: $SHOP_TOKEN and $shape" >&2
printf 'in two writes: q9/Zk'; sleep 0.05; printf '"w7-plum-38\n'
json=$(printf %s "$SHOP_TOKEN" | sed 's/"/\\"/g')
echo "{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"tool_use\",\"id\":\"1\",\"name\":\"Bash\",\"input\":{\"command\":\"curl -H $json $shape\"}}]}}"
echo "{\"type\":\"user\",\"message\":{\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"1\",\"is_error\":true,\"content\":\"no: $json $shape\"}]}}"
echo "{\"type\":\"news\",\"text\":\"$json $shape\"}"
echo '-----BEGIN PRIVATE KEY-----'
echo 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ'
echo '-----END PRIVATE KEY-----'
printf '\n## What was found\n\nThe token is %s or %s.\n' "$SHOP_TOKEN" "$shape" >> "$CHANT_SPEC_FILE"
"#;

const COMMITS: &str = r#"
echo hello > greeting.txt
sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE"
git add -A
git commit -q -m "chant($CHANT_SPEC_ID): greet with $SHOP_TOKEN"
"#;

fn chant(repo: &TestRepo, args: &[&str]) -> Output {
    repo.chant_with(|command| {
        command.args(args).env("SHOP_TOKEN", VALUE);
    })
}

/// What chant has shown holds none of it, as it is or in JSON.
#[track_caller]
fn is_clean(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for part in ["w7-plum-38", "ghp_aB3x", "MIIEvQIBADANBg"] {
        let line = text.lines().find(|line| line.contains(part));
        assert_eq!(line, None, "{part} in {what}");
    }
}

#[track_caller]
fn shown(output: &Output) -> String {
    is_clean("standard output", output.stdout.as_bytes());
    is_clean("standard error", output.stderr.as_bytes());
    format!("{}{}", output.stdout, output.stderr)
}

/// Every file below a folder, less the agent's own script and what git has packed: that is read by git.
#[track_caller]
fn files_are_clean(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() && !path.ends_with(".git/objects") {
            files_are_clean(&path);
        } else if kind.is_file() && !path.ends_with("agent.sh") {
            is_clean(&path.display().to_string(), &std::fs::read(&path).unwrap());
        }
    }
}

/// Everything that is there when chant is done with it.
#[track_caller]
fn everything_is_clean(repo: &TestRepo) {
    files_are_clean(repo.path());
    files_are_clean(&repo.home());
    let history = repo.git(&["log", "--all", "-p", "--notes=chant", "--format=%B%N"]);
    is_clean("what git has", history.as_bytes());
    for args in [
        &["log", ID][..],
        &["log", ID, "--raw"],
        &["log", ID, "--json"],
        &["log", ID, "-v"],
        &["show", ID],
        &["show", ID, "--json"],
        &["status", "--json"],
        &["diagnose", ID],
        &["diagnose", ID, "--json"],
    ] {
        let _ = shown(&chant(repo, args));
    }
}

#[test]
fn a_secret_that_an_agent_prints_is_shown_and_kept_nowhere() {
    let repo = with_agent(&format!("{LOUD}{COMMITS}"));
    repo.commit("setup");
    let recording = repo.home().join("recording.jsonl");
    let output = chant(
        &repo,
        &["work", ID, "--record", &recording.display().to_string()],
    );
    let text = shown(output.ok());
    for mark in [
        "[redacted: SHOP_TOKEN]",
        "[redacted: GitHub token]",
        "[redacted: private key]",
    ] {
        assert!(text.contains(mark), "{mark} in {text}");
    }
    assert_landed_once(&repo);
    assert!(recording.exists());
    everything_is_clean(&repo);
    let spec = repo.file(SPEC);
    assert!(
        spec.contains("The token is [redacted: SHOP_TOKEN] or [redacted: GitHub token]."),
        "{spec}"
    );
    let raw = chant(&repo, &["log", ID, "--raw"]).stdout;
    for line in [
        "as text: [redacted: SHOP_TOKEN] and [redacted: GitHub token]",
        "stderr: on standard error: [redacted: SHOP_TOKEN]",
        "in two writes: [redacted: SHOP_TOKEN]",
        r#"{"type":"news","text":"[redacted: SHOP_TOKEN] [redacted: GitHub token]"}"#,
    ] {
        assert!(raw.contains(line), "{line} in {raw}");
    }
    let messages = repo.git(&["log", "--format=%s", "main"]);
    assert!(
        messages.contains("greet with [redacted: SHOP_TOKEN]"),
        "{messages}"
    );
}

#[test]
fn the_reason_of_a_failure_and_what_is_handed_on_are_clean_too() {
    let says_so = r#"
echo "{\"kind\":\"end\",\"ok\":false,\"reason\":\"the server refused $(printf %s "$SHOP_TOKEN" | sed 's/"/\\"/g')\"}"
exit 1
"#;
    let repo = with_agent(&format!("{LOUD}{says_so}"));
    repo.commit("setup");
    let text = shown(chant(&repo, &["work", ID]).fails(1));
    assert!(
        text.contains("the server refused [redacted: SHOP_TOKEN]"),
        "{text}"
    );
    let told = format!("try {VALUE} instead");
    let _ = shown(chant(&repo, &["feedback", ID, &told]).ok());
    let _ = shown(chant(&repo, &["prep", ID]).ok());
    everything_is_clean(&repo);
}

#[test]
fn what_a_check_prints_is_clean() {
    let repo = with_agent(HONEST);
    repo.write(SPEC, &spec("verify: ['echo $SHOP_TOKEN; exit 3']\n"));
    repo.commit("setup");
    let _ = shown(chant(&repo, &["work", ID]).fails(1));
    let _ = shown(chant(&repo, &["work", ID, "--json"]).fails(1));
    everything_is_clean(&repo);
}

#[test]
fn the_value_of_a_credential_in_a_file_does_not_land() {
    for script in [
        "echo \"$SHOP_TOKEN\" > greeting.txt\n",
        // Taken away again: it would be in the history all the same.
        "echo \"$SHOP_TOKEN\" > .env; git add -A; git commit -q -m one; git rm -q .env; echo hello > greeting.txt\n",
    ] {
        let repo = with_agent(&format!(
            "{script}sed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"; git add -A; git commit -q -m two\n"
        ));
        repo.commit("setup");
        let text = shown(chant(&repo, &["work", ID]).fails(1));
        assert!(
            text.contains("the agent wrote the value of SHOP_TOKEN into"),
            "{text}"
        );
        assert!(text.contains("do not push its branch"), "{text}");
        assert_eq!(state(&repo), "failed");
        assert!(!repo.git(&["log", "--format=%s", "main"]).contains("two"));
    }
}

#[test]
fn the_value_of_a_credential_in_a_files_name_does_not_land() {
    let repo = with_agent(
        "mkdir notes; echo hello > greeting.txt; echo x > \"notes/for hunter2-and-more.md\"\n\
         sed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"; git add -A; git commit -q -m two\n",
    );
    repo.commit("setup");
    let output = repo.chant_with(|command| {
        command
            .args(["work", ID])
            .env("SHOP_TOKEN", "hunter2-and-more");
    });
    let text = &output.fails(1).stderr;
    assert!(
        text.contains("the value of SHOP_TOKEN into a file's name"),
        "{text}"
    );
    assert!(!text.contains("hunter2"), "{text}");
    assert!(!repo.git(&["log", "--format=%s", "main"]).contains("two"));
}

#[test]
fn a_secret_is_known_as_programs_write_it_and_nothing_else_is_taken_for_it() {
    let repo = with_agent(&format!(
        r#"
printf 'b64 %s\n' "$(printf %s "$SHOP_TOKEN" | base64 -w0)"
printf 'basic %s\n' "$(printf 'm:%s' "$SHOP_TOKEN" | base64 -w0)"
printf 'lines\n%s\n' "$(printf '%s' "$SHOP_TOKEN$SHOP_TOKEN$SHOP_TOKEN" | base64)"
printf 'hex %s\n' "$(printf %s "$SHOP_TOKEN" | od -An -v -tx1 | tr -d ' \n')"
echo 'url q9%2fZk%22w7-plum-38'
echo 'git remote add x https://me:sesame@example.com/x.git'
echo "short $SMALL"
echo 'plain a9hunter2b 6d64e53 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b 2026-11-21-001-k3x run_01JD4Z'
{HONEST}"#
    ));
    repo.commit("setup");
    let output = repo.chant_with(|command| {
        let command = command.args(["work", ID]).env("SHOP_TOKEN", VALUE);
        command
            .env("SMALL", "hunter2")
            .env("DB_PASSWORD", "hunter2");
    });
    output.ok();
    let raw = chant(&repo, &["log", ID, "--raw"]).stdout;
    let base64 = [
        "cTkvWmsidzctcGx1bS0zO",
        "cTkvWmsidzctcGx1bS0z",
        "xOS9aayJ3Ny1wbHVtLTM4",
    ];
    for part in base64
        .iter()
        .chain(&["71392f5a6b", "plum-38", "sesame", "short hunter2"])
    {
        assert!(!raw.contains(part), "{part} in {raw}");
    }
    for part in [
        "hex [redacted: SHOP_TOKEN]",
        "url [redacted: SHOP_TOKEN]",
        "https://me:[redacted: password in a URL]@example.com/x.git",
        "short [redacted: DB_PASSWORD]",
        "plain a9hunter2b 6d64e53 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b 2026-11-21-001-k3x run_01JD4Z",
    ] {
        assert!(raw.contains(part), "{part} in {raw}");
    }
}

#[test]
fn an_example_of_a_key_in_a_file_lands() {
    let repo = with_agent(&format!(
        "echo 'AKIA{}' > example.txt\n{HONEST}",
        "AB3X".repeat(4)
    ));
    repo.commit("setup");
    chant(&repo, &["work", ID]).ok();
    assert_landed_once(&repo);
    assert_eq!(
        repo.file("example.txt").trim(),
        format!("AKIA{}", "AB3X".repeat(4))
    );
}
