//! macOS: the profile that its sandbox program is given. Text only, so that it is tested everywhere; the last rule that fits
//! an operation decides.

use std::{fmt::Write, path::Path};

use super::Confine;

/// The program that puts another into a sandbox.
#[cfg_attr(target_os = "linux", expect(dead_code, reason = "for macOS"))]
pub(crate) const PROGRAM: &str = "/usr/bin/sandbox-exec";

/// What every program writes to: its outputs and its terminal.
const DEVICES: [&str; 6] = [
    "/dev/null",
    "/dev/zero",
    "/dev/tty",
    "/dev/ptmx",
    "/dev/stdout",
    "/dev/stderr",
];

/// The profile for `confine`.
#[cfg_attr(
    all(target_os = "linux", not(test)),
    expect(dead_code, reason = "for macOS")
)]
pub(crate) fn profile(confine: &Confine) -> String {
    let mut text = String::from("(version 1)\n(allow default)\n(deny file-write*)\n");
    if let Some(hidden) = &confine.hidden {
        rules(&mut text, "deny file-read-data", hidden);
    } else {
        text.push_str("(deny file-read-data (subpath \"/\"))\n");
    }
    rules(&mut text, "allow file-read*", &confine.read);
    rules(&mut text, "allow file-read* file-write*", &confine.write);
    rules(&mut text, "allow file-write*", &DEVICES);
    text.push_str("(allow file-write* (regex #\"^/dev/ttys[0-9]+$\"))\n");
    text.push_str("(deny signal)\n(allow signal (target same-sandbox))\n");
    if confine.offline {
        text.push_str("(deny network*)\n");
    }
    text
}

fn rules(text: &mut String, what: &str, paths: &[impl AsRef<Path>]) {
    for path in paths {
        let path = path.as_ref();
        let real = path.canonicalize();
        let path = real.as_deref().unwrap_or(path).to_string_lossy();
        let quoted = path.replace('\\', "\\\\").replace('"', "\\\"");
        let _ = writeln!(text, "({what} (subpath \"{quoted}\"))");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_allowed_stands_behind_what_is_not() {
        let text = profile(&Confine {
            read: vec!["/nowhere/home/.claude".into()],
            write: vec!["/nowhere/a \"b\"".into()],
            hidden: Some(vec!["/nowhere/home/.ssh".into()]),
            offline: true,
        });
        let expect = [
            "(version 1)",
            "(allow default)",
            "(deny file-write*)",
            "(deny file-read-data (subpath \"/nowhere/home/.ssh\"))",
            "(allow file-read* (subpath \"/nowhere/home/.claude\"))",
            "(allow file-read* file-write* (subpath \"/nowhere/a \\\"b\\\"\"))",
        ];
        let lines: Vec<&str> = text.lines().take(expect.len()).collect();
        assert_eq!(lines, expect);
        assert!(text.ends_with("(deny network*)\n"), "{text}");
    }

    #[test]
    fn without_a_word_on_the_rest_nothing_else_is_read() {
        let text = profile(&Confine::default());
        assert!(text.contains("(deny file-read-data (subpath \"/\"))"));
        assert!(!text.contains("network"));
    }
}
