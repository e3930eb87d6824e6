//! What is found and what is not: shapes, values, keys over many lines, and anything at all.

#![expect(clippy::unwrap_used, reason = "tests")]

use chant_os::tree::Line;
use proptest::prelude::*;

use super::*;

const VALUE: &str = "s3cr3t/With+\"quotes\"\\and ü";

fn redactor() -> Redactor {
    Redactor::new([
        ("SERVICE_TOKEN", VALUE),
        ("PLAIN_PASSWORD", "hunter2hunter2"),
        ("PATH", "/usr/bin:/bin"),
        ("A_KEY", "no"),
    ])
}

#[track_caller]
fn becomes(text: &str, expect: &str) {
    assert_eq!(redactor().text(text), expect, "{text}");
}

/// Put together here, so that this file holds nothing that looks like a key.
fn long(begin: &str, body: &str, count: usize) -> String {
    format!("{begin}{}", &body.repeat(count)[..count])
}

#[test]
fn shapes_of_providers_are_found() {
    for (name, secret) in [
        ("Anthropic key", long("sk-ant-api03-", "aB3_-x", 90)),
        ("OpenAI key", long("sk-proj-", "aB3x", 48)),
        ("API key", long("sk-", "a1b2c3d4", 32)),
        ("GitHub token", long("ghp_", "aB3x", 36)),
        ("GitHub token", long("gho_", "aB3x", 36)),
        ("GitHub token", long("github_pat_", "aB3x_", 82)),
        ("GitLab token", long("glpat-", "aB3x-", 20)),
        ("AWS access key id", long("AKIA", "AB3X", 16)),
        ("Slack token", long("xoxb-", "12-aB", 40)),
        ("npm token", long("npm_", "aB3x", 36)),
        ("PyPI token", long("pypi-AgE", "aB3x", 100)),
        ("Google API key", long("AIza", "aB3x", 35)),
        ("Stripe key", long("sk_live_", "aB3x", 24)),
        ("Hugging Face token", long("hf_", "aB3x", 34)),
        (
            "JWT",
            format!(
                "{}.{}.{}",
                long("eyJ", "hb3x", 20),
                long("eyJ", "zdWI", 30),
                long("", "s1G_", 43)
            ),
        ),
    ] {
        let mark = format!("[redacted: {name}]");
        becomes(&secret, &mark);
        becomes(&format!("a {secret} b"), &format!("a {mark} b"));
        becomes(
            &format!(r#"{{"text":"one\n{secret}\ntwo \"{secret}\""}}"#),
            &format!(r#"{{"text":"one\n{mark}\ntwo \"{mark}\""}}"#),
        );
        becomes(
            &format!("\u{1b}[31m{secret}\u{1b}[0m"),
            &format!("\u{1b}[31m{mark}\u{1b}[0m"),
        );
        becomes(&format!("KEY={secret};"), &format!("KEY={mark};"));
    }
}

#[test]
fn headers_and_urls_lose_their_credentials_alone() {
    let token = long("", "aB3.x", 30);
    becomes(
        &format!("Authorization: Bearer {token}\n"),
        "Authorization: Bearer [redacted: Authorization header]\n",
    );
    becomes(
        r#"{"authorization":"Basic dXNlcjpwYXNz","x":1}"#,
        r#"{"authorization":"Basic [redacted: Authorization header]","x":1}"#,
    );
    becomes(
        "postgres://app:hunter33@db/x",
        "postgres://app:[redacted: password in a URL]@db/x",
    );
    becomes(
        &format!("aws_secret_access_key = {}", long("", "aB3/", 40)),
        "aws_secret_access_key = [redacted: AWS secret access key]",
    );
    becomes(
        &format!("X-Api-Key: {token}"),
        "X-Api-Key: [redacted: API key]",
    );
}

#[test]
fn what_is_no_secret_stays() {
    for text in [
        "https://example.com/a:b@c",
        "ssh://git@example.com:22/x",
        "postgres://postgres:postgres@localhost/x",
        "a task-force-of-twenty-two-people-or-more",
        "sk-learn-and-a-long-name-that-goes-on",
        "Bearer authentication is described below",
        "Basic authentication and other basics",
        "npm_config_registry npm_lifecycle_event",
        "7c6ebcf97a3ed2b3d4f5a6b7c8d9e0f1a2b3c4d5",
        "-----BEGIN PRIVATE KEY----- is how one begins",
        "eyJ0 is how a token begins",
        "PATH=/usr/bin:/bin no",
        "pricier",
        "",
    ] {
        becomes(text, text);
    }
}

#[test]
fn values_are_found_however_they_are_written() {
    let json = serde_json::to_string(VALUE).unwrap();
    let twice = serde_json::to_string(&json).unwrap();
    let inner = |quoted: &str, by: usize| quoted[by..quoted.len() - by].to_owned();
    for written in [
        VALUE.to_owned(),
        inner(&json, 1),
        inner(&json, 1).replace('ü', "\\u00fc"),
        inner(&twice, 3),
        "s3cr3t%2FWith%2B%22quotes%22%5Cand%20%C3%BC".to_owned(),
    ] {
        becomes(
            &format!("it is {written}."),
            "it is [redacted: SERVICE_TOKEN].",
        );
    }
    becomes("=hunter2hunter2=", "=[redacted: PLAIN_PASSWORD]=");
}

#[test]
fn a_value_wins_over_its_shape() {
    let token = long("ghp_", "aB3x", 36);
    let redactor = Redactor::new([("GITHUB_TOKEN", &token)]);
    assert_eq!(
        redactor.text(&format!("Bearer {token}")),
        "Bearer [redacted: GITHUB_TOKEN]"
    );
    assert_eq!(redactor.variables_in(token.as_bytes()), ["GITHUB_TOKEN"]);
    assert!(
        redactor
            .variables_in(long("ghp_", "zZ9y", 36).as_bytes())
            .is_empty()
    );
}

#[test]
fn a_variable_that_the_settings_name_is_one_whatever_it_is_called() {
    let mut config = AgentConfig::new("own", crate::AgentKind::Builtin);
    config.env.insert("LLM".into(), "s3cr3t-of-a-model".into());
    let told = "it is s3cr3t-of-a-model";
    assert_eq!(Redactor::of_agent(&config).text(told), told);
    config.builtin.key_env = Some("LLM".parse().unwrap());
    assert_eq!(
        Redactor::of_agent(&config).text(told),
        "it is [redacted: LLM]"
    );
}

fn armour(kind: &str, end: &str) -> String {
    let line = long("", "aB3/+x", 64);
    let dashes = "-".repeat(5);
    format!(
        "{dashes}BEGIN {kind}PRIVATE KEY{dashes}{end}{line}{end}{line}{end}abc={end}{dashes}END {kind}PRIVATE KEY{dashes}"
    )
}

#[test]
fn private_keys_are_found_in_text_and_in_json() {
    for kind in ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "] {
        for end in ["\n", "\\n", "\\r\\n", "\n    "] {
            becomes(
                &format!("before {} after", armour(kind, end)),
                "before [redacted: private key] after",
            );
        }
    }
    let cut = armour("", "\\n");
    let cut = &cut[..cut.len() - 40];
    let clean = redactor()
        .text(&format!(r#"{{"t":"{cut}","u":1}}"#))
        .into_owned();
    assert!(
        clean.starts_with(r#"{"t":"[redacted: private key]"#),
        "{clean}"
    );
    assert!(clean.ends_with(r#"","u":1}"#), "{clean}");
}

fn cleaned(lines: &[&str]) -> Vec<String> {
    let redactor = redactor();
    let mut stream = redactor.lines();
    let clean = lines.iter().filter_map(|line| {
        let line = Line {
            bytes: line.as_bytes().to_vec(),
            cut: false,
        };
        stream.clean(line)
    });
    clean
        .map(|line| String::from_utf8(line.bytes).unwrap())
        .collect()
}

#[test]
fn a_key_over_many_lines_is_one_mark() {
    let key = armour("RSA ", "\n");
    let mut lines = vec!["one"];
    lines.extend(key.lines());
    lines.push("two");
    assert_eq!(cleaned(&lines), ["one", "[redacted: private key]", "two"]);
}

#[test]
fn a_key_that_never_ends_takes_nothing_else_with_it() {
    let key = armour("RSA ", "\n");
    let lines: Vec<&str> = key.lines().take(2).chain(["and so on", "x"]).collect();
    assert_eq!(
        cleaned(&lines),
        ["[redacted: private key]", "and so on", "x"]
    );
}

#[test]
fn what_is_left_of_a_value_in_a_line_that_was_cut_goes_too() {
    let redactor = redactor();
    let line = |cut| Line {
        bytes: b"xx hunter2hu".to_vec(),
        cut,
    };
    let clean = |cut| redactor.lines().clean(line(cut)).unwrap().bytes;
    assert_eq!(clean(true), b"xx [redacted: PLAIN_PASSWORD]");
    assert_eq!(clean(false), b"xx hunter2hu");
}

proptest! {
    #[test]
    fn no_value_survives_anywhere(
        before in ".{0,40}",
        value in "[!-~]{16,40}",
        after in ".{0,40}",
    ) {
        let redactor = Redactor::new([("MY_TOKEN", &value)]);
        let plain = format!("{before}{value}{after}");
        let clean = redactor.text(&plain).into_owned();
        prop_assert!(!clean.contains(&value), "{clean}");
        let json = serde_json::json!({"a": [plain], "b": value}).to_string();
        let clean = redactor.text(&json).into_owned();
        let parsed: serde_json::Value = serde_json::from_str(&clean).unwrap();
        prop_assert!(!parsed.to_string().contains(&value));
        prop_assert!(!parsed["a"][0].as_str().unwrap().contains(&value));
    }

    #[test]
    fn json_stays_json_whatever_is_in_it(text in "(sk-ant-|eyJ|://|-----BEGIN PRIVATE KEY-----|Bearer |\\\\|\"|\n|@|:|[a-zA-Z0-9+/=]{1,30}){0,30}") {
        let json = serde_json::json!({"a": text}).to_string();
        let clean = redactor().text(&json).into_owned();
        prop_assert!(serde_json::from_str::<serde_json::Value>(&clean).is_ok(), "{json}\n{clean}");
    }

    #[test]
    fn to_clean_twice_is_to_clean_once(text in "(ghp_|sk-|AKIA|://|Bearer |hunter2hunter2|[ -~]{1,30}){0,20}") {
        let once = redactor().text(&text).into_owned();
        prop_assert_eq!(redactor().text(&once).into_owned(), once);
    }

    #[test]
    fn any_bytes_are_taken(bytes: Vec<u8>) {
        let _ = redactor().bytes(&bytes);
    }
}
