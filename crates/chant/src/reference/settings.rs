//! `config.md`, from the table of settings.

use chant_engine::config::Reference;

use super::{cell, check, sentence};

const HEAD: &str = "\
# Settings

This page is made from the table that reads the settings. `chant config` shows each one's value here and now, and the file and
line it comes from.

Settings are YAML between two lines `---` at the head of these files; later ones win, key by key:

1. `~/.config/chant/config.md` (or below `$XDG_CONFIG_HOME`): yours, for all projects
2. `.chant/config.md`: the project's, tracked by git
3. `.chant/agents.md`: this machine's agents, ignored by git

What the project's file can start runs only after you trusted it in this clone: `chant trust`.

```yaml
---
defaults:
  agent: mine
agents:
  - name: mine
    kind: command
    command: [./agent.sh]
    prompt: stdin
limits: {idle: 10m, total: 2h}
checks: [\"cargo test\"]
protect: [\".github/**\"]
---
```

A duration is written `90s`, `10m`, `1h30m`, or as a number of seconds.

";

#[test]
fn the_page_of_settings_is_the_table() {
    let reference = Reference::of_all_keys().expect("defaults are valid");
    let mut page = HEAD.to_owned();
    page += "| key | default | what it says |\n|---|---|---|\n";
    for setting in &reference.settings {
        let default = setting
            .default
            .as_ref()
            .map_or_else(String::new, |value| format!("`{value}`"));
        page += &format!(
            "| `{}` | {default} | {} |\n",
            setting.key,
            cell(&sentence(setting.says))
        );
    }
    page +=
        "\n## Agents\n\nEach entry of `agents` may hold:\n\n| key | what it says |\n|---|---|\n";
    for (key, says) in reference.agent {
        page += &format!("| `{key}` | {} |\n", cell(&sentence(says)));
    }
    page += "\n## Keys of earlier versions\n\nRead with the same meaning:\n\n| key | now |\n|---|---|\n";
    for (key, now) in &reference.older {
        page += &format!("| `{key}` | `{now}` |\n");
    }
    page += "\nUnderstood, without effect; `chant config` names those that a file still holds:\n\n| key | why |\n|---|---|\n";
    for (key, why) in &reference.unused {
        page += &format!("| `{key}` | {} |\n", cell(&sentence(why)));
    }
    check("config.md", &page);
}
