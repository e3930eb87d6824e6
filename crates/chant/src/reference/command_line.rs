//! `cli.md`, from the same definition that `--help`, the completions and the man pages come from.

use clap::{Arg, Command};

use super::{cell, check, sentence};

const HEAD: &str = "\
# Commands

This page is made from the same table as `chant --help`. Every command works from any folder of a repository.
Where one takes a spec, it takes its full id, a unique part of it, today's bare number (`001`), or the path of its file.

";

#[test]
fn the_page_of_commands_is_what_help_says() {
    let mut whole = crate::cli::definition();
    whole.build();
    let mut page = HEAD.to_owned();
    page += "| command | |\n|---|---|\n";
    for command in shown(&whole) {
        let name = command.get_name();
        page += &format!(
            "| [`chant {name}`](#chant-{name}) | {} |\n",
            cell(&about(command))
        );
    }
    page += "\n## Options of every command\n\n";
    for arg in whole.get_arguments().filter(|arg| arg.is_global_set()) {
        page += &item(arg);
    }
    for command in shown(&whole) {
        section(
            &mut page,
            &format!("chant {}", command.get_name()),
            command,
            2,
        );
    }
    page += "\n## Exit status\n\n";
    page += "0 done, 1 tried and failed, 2 wrong usage, 3 no such spec or several, 4 refused as things stand, 5 a file cannot be\nused, 130 interrupted. [Errors](../errors.md) lists every error with its code.\n";
    check("cli.md", &page);
}

/// What a person is shown of a command's own commands.
fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command
        .get_subcommands()
        .filter(|below| !below.is_hide_set() && below.get_name() != "help")
}

fn section(page: &mut String, name: &str, command: &Command, depth: usize) {
    *page += &format!(
        "\n{} {name}\n\n{}\n",
        "#".repeat(depth),
        sentence(&about(command))
    );
    if let Some(rest) = details(command) {
        *page += &format!("\n{rest}\n");
    }
    *page += &format!("\n```text\n{}\n```\n", usage(name, command));
    let own: Vec<&Arg> = command
        .get_arguments()
        .filter(|arg| !arg.is_hide_set() && !arg.is_global_set())
        .filter(|arg| !matches!(arg.get_id().as_str(), "help" | "version"))
        .collect();
    if !own.is_empty() {
        *page += "\n";
    }
    for arg in own {
        *page += &item(arg);
    }
    if let Some(after) = command.get_after_help() {
        after_help(page, &after.to_string());
    }
    for below in shown(command) {
        section(
            page,
            &format!("{name} {}", below.get_name()),
            below,
            depth + 1,
        );
    }
}

fn about(command: &Command) -> String {
    command
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// The long description less its first paragraph, which is the short one.
fn details(command: &Command) -> Option<String> {
    let long = command.get_long_about()?.to_string();
    let (_, rest) = long.split_once("\n\n")?;
    Some(rest.trim().to_owned())
}

/// The line of usage, with the command's full name.
fn usage(name: &str, command: &Command) -> String {
    let text = command.clone().render_usage().to_string();
    let text = text.trim_start_matches("Usage:").trim();
    match text.split_once(command.get_name()) {
        Some((_, rest)) => format!("{name}{rest}"),
        None => text.to_owned(),
    }
}

/// One argument or option, as an item of a list.
fn item(arg: &Arg) -> String {
    let values: String = arg
        .get_value_names()
        .unwrap_or_default()
        .iter()
        .fold(String::new(), |text, name| text + &format!(" <{name}>"));
    let takes = arg.get_action().takes_values();
    let values = if takes { values.as_str() } else { "" };
    let name = match (arg.get_short(), arg.get_long()) {
        (Some(short), Some(long)) => format!("-{short}, --{long}{values}"),
        (None, Some(long)) => format!("--{long}{values}"),
        (Some(short), None) => format!("-{short}{values}"),
        (None, None) => values.trim().to_owned(),
    };
    let help = arg.get_long_help().or_else(|| arg.get_help());
    let help = help.map(ToString::to_string).unwrap_or_default();
    let help = sentence(&help.replace("\n\n", ". ").replace('\n', " "));
    let choices: Vec<String> = arg
        .get_possible_values()
        .iter()
        .filter(|value| takes && !value.is_hide_set())
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    let choices = match choices.as_slice() {
        [] => String::new(),
        _ => format!(" One of {}.", choices.join(", ")),
    };
    format!("- `{name}`: {help}{choices}\n")
}

/// What stands below the options in `--help`: sentences, and examples under their heading.
fn after_help(page: &mut String, text: &str) {
    let mut inside = false;
    *page += "\n";
    for line in text.lines().filter(|line| !line.is_empty()) {
        match (line.strip_prefix("  "), inside) {
            (Some(example), false) => *page += &format!("```text\n{example}\n"),
            (Some(example), true) => *page += &format!("{example}\n"),
            (None, true) => *page += &format!("```\n\n{line}\n"),
            (None, false) => *page += &format!("{line}\n\n"),
        }
        inside = line.starts_with("  ");
    }
    if inside {
        *page += "```\n";
    }
}
