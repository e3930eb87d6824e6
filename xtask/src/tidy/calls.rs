//! Calls that belong in one place only: printing in the face, effects in the floor, ending the process in `main`.

use super::{
    Finding,
    place::Place,
    source::{Source, occurrences},
};

/// A family of calls and the places where it is at home.
struct Rule {
    name: &'static str,
    calls: &'static [&'static str],
    home: &'static [Place],
    advice: &'static str,
}

const RULES: [Rule; 5] = [
    Rule {
        name: "print",
        calls: &["print!", "println!", "eprint!", "eprintln!", "dbg!"],
        home: &[Place::Printer, Place::Main],
        advice: "return a value or emit an event; crates/chant/src/ui.rs prints",
    },
    Rule {
        name: "spawn",
        calls: &["Command::new"],
        home: &[Place::Floor],
        advice: "start programs through chant_os::process, or git through chant_git",
    },
    Rule {
        name: "write",
        calls: &[
            "fs::write",
            "fs::rename",
            "fs::copy",
            "fs::hard_link",
            "fs::create_dir",
            "fs::remove_file",
            "fs::remove_dir",
            "fs::set_permissions",
            "File::create",
            "OpenOptions",
        ],
        home: &[Place::Floor],
        advice: "go through chant_os::file, which survives a crash",
    },
    Rule {
        name: "exit",
        calls: &["process::exit", "process::abort"],
        home: &[Place::Main, Place::Floor],
        advice: "return an error or an exit code; only main ends the process",
    },
    Rule {
        name: "clock",
        calls: &["Timestamp::now", "Zoned::now", "SystemTime::now"],
        home: &[Place::Floor],
        advice: "take the instant as an argument, or ask chant_os::clock",
    },
];

/// Calls away from home.
pub(super) fn check(place: Place, source: &Source<'_>) -> Vec<Finding> {
    if place == Place::Aside {
        return Vec::new();
    }
    RULES
        .iter()
        .filter(|rule| !rule.home.contains(&place))
        .flat_map(|rule| away_from_home(rule, source))
        .collect()
}

fn away_from_home(rule: &Rule, source: &Source<'_>) -> Vec<Finding> {
    let found = |call: &'static str| {
        let finding = move |at| {
            let advice = format!("`{call}` does not belong here: {}", rule.advice);
            Finding::new(source.path, source.line(at), rule.name, advice)
        };
        occurrences(&source.product, call).map(finding)
    };
    rule.calls.iter().flat_map(|call| found(call)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(place: Place, text: &str) -> Vec<&'static str> {
        let source = Source::read("crates/x/src/y.rs", text);
        check(place, &source).iter().map(|f| f.rule).collect()
    }

    #[test]
    fn a_call_away_from_home_is_found() {
        for (text, rule) in [
            ("println!(\"x\")", "print"),
            ("std::process::Command::new(\"git\")", "spawn"),
            ("std::fs::remove_dir_all(x)", "write"),
            ("fs::File::create(x)", "write"),
            ("std::process::exit(1)", "exit"),
            ("jiff::Timestamp::now()", "clock"),
        ] {
            assert_eq!(rules(Place::Product, text), [rule], "{text}");
            assert_eq!(rules(Place::Aside, text), [""; 0], "{text}");
        }
    }

    #[test]
    fn home_is_home() {
        assert_eq!(
            rules(Place::Floor, "Command::new(x); fs::write(a, b)"),
            [""; 0]
        );
        assert_eq!(rules(Place::Printer, "println!()"), [""; 0]);
        assert_eq!(rules(Place::Main, "process::exit(1)"), [""; 0]);
        assert_eq!(rules(Place::Floor, "println!()"), ["print"]);
    }

    #[test]
    fn words_and_tests_are_no_calls() {
        let text = "// println!(1)\nlet a = \"fs::write\";\n#[cfg(test)] mod tests { fn a() { fs::write(b) } }";
        assert_eq!(rules(Place::Product, text), [""; 0]);
    }
}
