//! The command line: `kvstore set|get|history|delete|compact`.

use std::process::ExitCode;

use kvstore::storage::Store;

const USAGE: &str = "usage: kvstore set KEY VALUE | get KEY | history KEY | delete KEY | compact";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("kvstore: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether what was asked for was there.
fn run(args: &[&str]) -> std::io::Result<bool> {
    let file = std::env::var_os("KVSTORE_FILE").unwrap_or_else(|| "kvstore.db".into());
    let store = Store::open(file);
    match args {
        ["set", key, value] => println!("{}", store.set(key, value)?),
        ["get", key] => match store.get(key)? {
            Some(value) => println!("{value}"),
            None => return Ok(false),
        },
        ["history", key] => {
            for entry in store.history(key)? {
                println!("{} {}", entry.version, entry.value);
            }
        }
        ["delete", key] => return store.delete(key),
        ["compact"] => store.compact()?,
        _ => return Err(std::io::Error::other(USAGE)),
    }
    Ok(true)
}
