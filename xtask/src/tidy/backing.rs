//! What the book says is tested has a test of that name: each cell of the table in `docs/agents/index.md`.

use std::{fs, path::Path};

use super::Finding;

const PAGE: &str = "docs/agents/index.md";
const NOT: &str = "not tested";

/// Cells that name a test which is not there, or say nothing.
pub(super) fn check(root: &Path) -> Vec<Finding> {
    let Ok(text) = fs::read_to_string(root.join(PAGE)) else {
        return vec![Finding::new(
            PAGE,
            1,
            "backing",
            "the page with the table of agents is missing",
        )];
    };
    check_table(&text, |test| exists(&root.join("crates/chant/tests"), test))
}

fn check_table(text: &str, exists: impl Fn(&str) -> bool) -> Vec<Finding> {
    let lines = text.lines().enumerate();
    let mut rows = lines
        .skip_while(|(_, line)| !line.starts_with("| agent |"))
        .take_while(|(_, line)| line.starts_with('|'))
        .peekable();
    if rows.peek().is_none() {
        return vec![Finding::new(
            PAGE,
            1,
            "backing",
            "there is no table that begins with `| agent |`",
        )];
    }
    let mut findings = Vec::new();
    for (number, row) in rows.skip(2) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        for cell in &cells[1..] {
            let name = cell.trim_matches('`');
            if *cell != NOT && !exists(name) {
                let advice =
                    format!("there is no test {name:?}; name one that is there, or say `{NOT}`");
                findings.push(Finding::new(PAGE, number + 1, "backing", advice));
            }
        }
    }
    findings
}

/// Whether `binary::module::…::function` is a function of the file that its modules name.
fn exists(tests: &Path, test: &str) -> bool {
    let Some((modules, function)) = test.rsplit_once("::") else {
        return false;
    };
    let file = tests.join(modules.replace("::", "/"));
    let read = [file.with_extension("rs"), file.join("mod.rs")].map(fs::read_to_string);
    let wanted = format!("#[test]\nfn {function}(");
    read.into_iter().flatten().any(|text| {
        let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
        lines.join("\n").contains(&wanted)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cell_names_a_test_or_says_that_there_is_none() {
        let table = "x\n\n| agent | run | resume |\n|---|---|---|\n| a | `t::a::there` | not tested |\n| b | `t::a::gone` | |\n";
        let found = check_table(table, |test| test == "t::a::there");
        let lines: Vec<usize> = found.iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [6, 6], "{found:?}");
        assert_eq!(check_table("no table", |_| true).len(), 1);
    }
}
