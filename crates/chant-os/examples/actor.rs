//! A process for the tests to play with: its first argument is its role.
//!
//! Some promises of this crate are about other processes: a holder of a lock that is killed, a guard, a parent that dies.
//! Each role is one such process.
#![expect(clippy::print_stdout, reason = "the tests read what a role prints")]

use std::{
    env,
    error::Error,
    ffi::OsString,
    fs,
    io::{self, Read, Write},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use chant_os::{
    crash, guard,
    lock::{Attempt, Lock},
    signal::Interrupts,
    tree::{Guard, Job, Next, Running, Stdin},
};

type Played = Result<(), Box<dyn Error>>;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let played = match args[..] {
        ["guard"] => return ExitCode::from(u8::try_from(guard::main()).unwrap_or(u8::MAX)),
        ["hold", path, note] => hold(path, note),
        ["parent", exit_file, mark, script] => parent(exit_file, mark, script),
        ["measure", exit_file, bytes] => measure(exit_file, bytes),
        ["flood", bytes] => flood(bytes),
        ["crash", point] => {
            visit(point);
            Ok(())
        }
        ["interrupts"] => interrupts(),
        _ => Err("no such role".into()),
    };
    match played {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Holds a lock until its standard input closes.
fn hold(path: &str, note: &str) -> Played {
    let Attempt::Acquired(_lock) = Lock::try_acquire(path.as_ref(), note)? else {
        return Err("held by another".into());
    };
    println!("held");
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Runs a script under a guard and repeats its lines.
fn parent(exit_file: &str, mark: &str, script: &str) -> Played {
    let args = ["-c", script].map(OsString::from).to_vec();
    let mut running = start("/bin/sh".into(), args, exit_file, mark)?;
    loop {
        match running.next(Duration::MAX) {
            Next::Line(_, line) => println!("{}", String::from_utf8_lossy(&line.bytes)),
            Next::Ended(_) | Next::Timeout => return Ok(()),
        }
    }
}

/// Takes in a flood and prints the most memory that this process ever had, in KiB.
fn measure(exit_file: &str, bytes: &str) -> Played {
    let args = ["flood", bytes].map(OsString::from).to_vec();
    let mut running = start(env::current_exe()?, args, exit_file, "measure")?;
    let mut lines: u64 = 0;
    while let Next::Line(..) = running.next(Duration::MAX) {
        lines += 1;
    }
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    println!(
        "{lines} {}",
        peak.and_then(|text| text.split_whitespace().next())
            .unwrap_or("unknown")
    );
    Ok(())
}

fn start(
    program: PathBuf,
    args: Vec<OsString>,
    exit_file: &str,
    mark: &str,
) -> Result<Running, Box<dyn Error>> {
    let job = Job {
        program: program.into(),
        args,
        dir: "/".into(),
        env: vec![("PATH".into(), env::var_os("PATH").unwrap_or_default())],
        stdin: Stdin::Null,
        marker: ("CHANT_TEST_MARK".into(), mark.into()),
        exit_file: exit_file.into(),
        grace: Duration::from_mins(1),
        grace2: Duration::from_mins(1),
    };
    Ok(Running::start(&Guard::this_program("guard")?, &job)?)
}

/// Writes that many bytes to each output at once, in lines of 100.
fn flood(bytes: &str) -> Played {
    let lines = bytes.parse::<usize>()? / 100;
    let pour = move |mut out: Box<dyn Write>| -> io::Result<()> {
        let line = [&[b'x'; 99][..], b"\n"].concat();
        (0..lines).try_for_each(|_| out.write_all(&line))
    };
    let other = std::thread::spawn(move || pour(Box::new(io::stderr().lock())));
    pour(Box::new(io::BufWriter::new(io::stdout().lock())))?;
    other
        .join()
        .map_err(|_| "the other side of the flood failed")??;
    Ok(())
}

/// Visits a crash point three times.
fn visit(point: &str) {
    for visit in 1..=3 {
        println!("{visit}");
        crash::point(point);
    }
}

/// Prints the signals it gets, until the second.
fn interrupts() -> Played {
    let interrupts = Interrupts::install()?;
    println!("ready");
    for count in 1..=2 {
        let signal = interrupts.receiver().recv()?;
        println!("{count} {signal:?} {}", interrupts.try_count());
    }
    Ok(())
}
