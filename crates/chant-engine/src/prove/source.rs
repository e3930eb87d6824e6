//! Lines of source code that runners print around a failure. A stated reason must not be found in them: the message of
//! an assertion stands there too, whatever it was that failed on that line.

/// The text without the lines that only show source. Line ends are `\n`.
pub(super) fn without_source(text: &str) -> String {
    let is_pytest = text.lines().any(|line| line.starts_with("E  "));
    let mut kept = String::with_capacity(text.len());
    let mut below: Option<usize> = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        if below.is_some_and(|place| !line.trim().is_empty() && indent > place) {
            continue;
        }
        below = names_a_place(line).then_some(indent);
        let of_pytest = is_pytest && (line.starts_with('>') || line.starts_with("    "));
        if !of_pytest && !is_frame(line) {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// `  File "a.py", line 3, in f` of Python, `/x/a.js:3` of node: what is indented below it is source.
fn names_a_place(line: &str) -> bool {
    let told = line.trim_start();
    let python = told.starts_with("File \"") && told.contains("\", line ");
    let node = told.rsplit_once(':').is_some_and(|(path, number)| {
        is_number(number) && !path.contains(' ') && path.contains('/')
    });
    python || node
}

/// `  > 12 |   expect(…)` of jest and vitest.
fn is_frame(line: &str) -> bool {
    let told = line.trim_start().trim_start_matches('>').trim_start();
    let Some((number, _)) = told.split_once('|') else {
        return false;
    };
    is_number(number.trim()) || (number.trim().is_empty() && told.trim_end().ends_with('^'))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_source_goes() {
        let check = |text: &str, expect: &str| assert_eq!(without_source(text), expect, "{text}");
        check(
            "Traceback (most recent call last):\n  File \"t.py\", line 4, in a\n    self.assertEqual(f(), 6, \"lost\")\n    ^^^^\n  File \"s.py\", line 2, in f\n    return x\nKeyError: 'x'\n",
            "Traceback (most recent call last):\n  File \"t.py\", line 4, in a\n  File \"s.py\", line 2, in f\nKeyError: 'x'\n",
        );
        check(
            "    def test():\n>       assert f() == 6, 'lost'\nE       KeyError: 'x'\n",
            "E       KeyError: 'x'\n",
        );
        check(
            "  ● keeps\n\n    Expected: 8\n\n    > 9 |   expect(f()).toBe(8) // lost\n        |   ^\n      10 | })\n",
            "  ● keeps\n\n    Expected: 8\n\n",
        );
        check(
            "/x/t.js:3\n  assert(false, 'lost')\n  ^\n\nAssertionError: other\n",
            "/x/t.js:3\n\nAssertionError: other\n",
        );
        check(
            "left: 1\n right: 2\n    indented\n",
            "left: 1\n right: 2\n    indented\n",
        );
    }
}
