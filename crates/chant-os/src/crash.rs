//! Crash points: named places where a test can have the process killed.
//!
//! In a debug build, `CHANT_CRASH_AT=landing.update` kills the process at the first visit of that point, and
//! `CHANT_CRASH_AT=landing.update#3` at the third. The kill is a real SIGKILL, so nothing unwinds, flushes or cleans up: what is
//! then on disk is what a power cut or an impatient user would have left. A release build holds none of this.

/// A place where the process may be made to die. `name` is lower case, `area.step`, and unique.
#[inline]
pub fn point(name: &str) {
    #[cfg(debug_assertions)]
    armed::visit(name);
    #[cfg(not(debug_assertions))]
    let _ = name;
}

#[cfg(debug_assertions)]
mod armed {
    use std::sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    };

    use rustix::process::{Signal, getpid, kill_process};

    /// The variable that names the point to die at.
    const WHERE: &str = "CHANT_CRASH_AT";

    static VISITS: AtomicU32 = AtomicU32::new(0);
    static TARGET: OnceLock<Option<Target>> = OnceLock::new();

    /// Which point to die at, and at which visit of it, counted from one.
    #[derive(Debug, PartialEq, Eq)]
    pub(super) struct Target {
        name: String,
        visit: u32,
    }

    impl Target {
        pub(super) fn parse(text: &str) -> Self {
            let (name, visit) = match text.rsplit_once('#') {
                Some((name, number)) => match number.parse() {
                    Ok(visit) => (name, visit),
                    Err(_) => (text, 1),
                },
                None => (text, 1),
            };
            Self {
                name: name.to_owned(),
                visit,
            }
        }
    }

    pub(super) fn visit(name: &str) {
        let target =
            TARGET.get_or_init(|| std::env::var(WHERE).ok().map(|text| Target::parse(&text)));
        if let Some(target) = target
            && target.name == name
            && VISITS.fetch_add(1, Ordering::Relaxed) + 1 == target.visit
        {
            // A SIGKILL to oneself is delivered before the call returns; abort only states that nothing follows.
            let _ = kill_process(getpid(), Signal::KILL);
            std::process::abort();
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_number_after_the_hash_selects_the_visit() {
            let parse = |text| {
                let target = Target::parse(text);
                (target.name, target.visit)
            };
            assert_eq!(parse("run.land"), ("run.land".into(), 1));
            assert_eq!(parse("run.land#4"), ("run.land".into(), 4));
            assert_eq!(parse("run.land#x"), ("run.land#x".into(), 1));
        }
    }
}
