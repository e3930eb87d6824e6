//! The processes that a test has started, with all that these have started, told apart by what they are.
//!
//! On Linux a test process becomes the child subreaper ([`adopt`]), so whatever outlives its parent becomes its child: nothing
//! that was ever started here can hide from [`now`].

use rustix::process::{Pid, Signal, WaitOptions, kill_process, wait};

/// What a process of the family is, by its command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// A `chant` command that a person would type.
    Command,
    /// `chant run-one`: one run, started by the scheduler.
    RunOne,
    /// `chant __guard`: between chant and an agent.
    Guard,
    /// The fake agent.
    Agent,
    /// Some git, of chant's or of an agent's.
    Git,
    /// Anything else.
    Other,
}

/// One living process.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its number.
    pub pid: u32,
    /// Its parent's.
    pub parent: u32,
    /// What it is.
    pub role: Role,
    /// Its command line, words apart by blanks.
    pub line: String,
}

/// From now on orphans of this process's family become its children.
pub fn adopt() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// Takes note of adopted children that have ended. Only for a process that waits for its own children before it calls this.
pub fn bury() {
    while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
}

/// Kills one process with SIGKILL; true where it was there.
pub fn kill(pid: u32) -> bool {
    signal(pid, Signal::KILL)
}

/// Sends a signal; true where the process was there.
pub fn signal(pid: u32, signal: Signal) -> bool {
    i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .is_some_and(|pid| kill_process(pid, signal).is_ok())
}

/// Everything below this process that lives.
pub fn now() -> Vec<Member> {
    below(std::process::id())
}

/// Everything below a process that lives; dead ones whose parent has not asked for them are not listed.
pub fn below(root: u32) -> Vec<Member> {
    let mut open = vec![root];
    let mut found = Vec::new();
    while let Some(parent) = open.pop() {
        for pid in children(parent) {
            open.push(pid);
            found.extend(member(pid, parent));
        }
    }
    found.sort_by_key(|member| member.pid);
    found
}

/// Every living process with this variable (`NAME=value`) in its environment.
pub fn with_variable(variable: &str) -> Vec<Member> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let has = |pid: &u32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let mut variables = environment.split(|byte| *byte == 0);
        variables.any(|one| one == variable.as_bytes())
    };
    pids.filter(has).filter_map(|pid| member(pid, 0)).collect()
}

/// The kernel lists them by the thread that started them.
fn children(parent: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{parent}/task"));
    let mut found = Vec::new();
    for thread in threads.into_iter().flatten().flatten() {
        let listed = std::fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        found.extend(
            listed
                .split_ascii_whitespace()
                .filter_map(|pid| pid.parse::<u32>().ok()),
        );
    }
    found
}

/// `None` for one that is gone, and for one between fork and exec: it still has the command line of its parent.
fn member(pid: u32, parent: u32) -> Option<Member> {
    let read = |pid: u32| std::fs::read(format!("/proc/{pid}/cmdline")).ok();
    let line = read(pid).filter(|line| !line.is_empty())?;
    let role = role_of(&line);
    let copied = matches!(role, Role::Command | Role::RunOne | Role::Guard);
    if copied && read(parent).is_some_and(|parents| parents == line) {
        return None;
    }
    let line = String::from_utf8_lossy(&line)
        .replace('\0', " ")
        .trim_end()
        .to_owned();
    Some(Member {
        pid,
        parent,
        role,
        line,
    })
}

fn role_of(line: &[u8]) -> Role {
    let mut words = line.split(|byte| *byte == 0);
    let program = words.next().unwrap_or_default();
    let name = program.rsplit(|byte| *byte == b'/').next();
    let said: Vec<&[u8]> = words.collect();
    match name.unwrap_or_default() {
        b"git" => Role::Git,
        name if name.starts_with(b"fake-agent") => Role::Agent,
        name if name.starts_with(b"chant") => match said.as_slice() {
            all if all.contains(&b"__guard".as_slice()) => Role::Guard,
            all if all.contains(&b"run-one".as_slice()) => Role::RunOne,
            _ => Role::Command,
        },
        _ => Role::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_told_by_its_command_line() {
        let role = |line: &str| role_of(line.replace(' ', "\0").as_bytes());
        assert_eq!(role("/x/chant work --parallel=6"), Role::Command);
        assert_eq!(role("/x/chant -C . run-one --spec a"), Role::RunOne);
        assert_eq!(role("/x/chant __guard"), Role::Guard);
        assert_eq!(role("git --no-pager log"), Role::Git);
        assert_eq!(role("/x/fake-agent /home/scripts"), Role::Agent);
        assert_eq!(role("sh -c true"), Role::Other);
    }
}
