//! The list of variables that every agent and every check gets: what builds, tests and terminals need. None of them holds a key,
//! and one whose name says that it does is withheld although it fits.

use std::ffi::OsString;

/// Names; `*` stands for any letters. Compared without regard to case, because proxies are written either way.
const USUAL: &[&str] = &[
    // Who and where.
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "PWD",
    "OLDPWD",
    "SHLVL",
    "HOSTNAME",
    "HOSTTYPE",
    "OSTYPE",
    "MACHTYPE",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "TZ",
    "TMPDIR",
    "TMP",
    "TEMP",
    "XDG_*",
    "WSL_DISTRO_NAME",
    "CHANT",
    "CHANT_*",
    "CI",
    // The terminal.
    "TERM",
    "TERMINFO",
    "TERMINFO_DIRS",
    "COLORTERM",
    "COLUMNS",
    "LINES",
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "LS_COLORS",
    "EDITOR",
    "VISUAL",
    "PAGER",
    "DEBIAN_FRONTEND",
    // The network.
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "FTP_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    // Git.
    "GIT_AUTHOR_*",
    "GIT_COMMITTER_*",
    "GIT_CONFIG_*",
    "GIT_EDITOR",
    "GIT_PAGER",
    "GIT_TERMINAL_PROMPT",
    "GIT_EXEC_PATH",
    "GIT_TEMPLATE_DIR",
    "GIT_CEILING_DIRECTORIES",
    "GIT_TRACE*",
    // Rust.
    "CARGO",
    "CARGO_*",
    "RUST*",
    "SCCACHE_*",
    // C and what builds it.
    "CC",
    "CXX",
    "AR",
    "LD",
    "NM",
    "RANLIB",
    "CPP",
    "CFLAGS",
    "CXXFLAGS",
    "CPPFLAGS",
    "LDFLAGS",
    "MAKEFLAGS",
    "MAKELEVEL",
    "CMAKE_*",
    "PKG_CONFIG*",
    "LIBRARY_PATH",
    "CPATH",
    "C_INCLUDE_PATH",
    "LD_LIBRARY_PATH",
    "DYLD_*",
    "LLVM_*",
    "CCACHE_*",
    "OPENSSL_*",
    "PROTOC",
    "VCPKG_ROOT",
    "SDKROOT",
    "DEVELOPER_DIR",
    "MACOSX_DEPLOYMENT_TARGET",
    "CUDA_*",
    "SOURCE_DATE_EPOCH",
    // JavaScript.
    "NODE_*",
    "NPM_CONFIG_*",
    "NVM_*",
    "FNM_*",
    "VOLTA_*",
    "PNPM_HOME",
    "COREPACK_*",
    "YARN_*",
    "BUN_INSTALL",
    "DENO_DIR",
    "DENO_INSTALL",
    "JEST_*",
    "PLAYWRIGHT_*",
    "PUPPETEER_*",
    // Java and its relatives.
    "JAVA_*",
    "JDK_*",
    "JAVA_OPTS",
    "M2_HOME",
    "MAVEN_*",
    "GRADLE_*",
    "SBT_OPTS",
    "KOTLIN_HOME",
    "ANDROID_*",
    "SDKMAN_*",
    // Python.
    "PYTHON*",
    "PYTEST_*",
    "PIP_*",
    "UV_*",
    "VIRTUAL_ENV",
    "VIRTUAL_ENV_PROMPT",
    "CONDA_*",
    "PYENV*",
    "POETRY_*",
    "PIPENV_*",
    "HATCH_*",
    // Go.
    "GOPATH",
    "GOROOT",
    "GOBIN",
    "GOCACHE",
    "GOMODCACHE",
    "GOENV",
    "GOFLAGS",
    "GOPROXY",
    "GOPRIVATE",
    "GONOPROXY",
    "GONOSUMDB",
    "GOSUMDB",
    "GOTOOLCHAIN",
    "GOOS",
    "GOARCH",
    "GOMAXPROCS",
    "GODEBUG",
    "GOWORK",
    "CGO_*",
    // Others.
    "RUBY*",
    "GEM_*",
    "BUNDLE_*",
    "RBENV_*",
    "RAILS_ENV",
    "RACK_ENV",
    "PERL*",
    "PHP*",
    "COMPOSER_HOME",
    "DOTNET_*",
    "NUGET_PACKAGES",
    "OPAM*",
    "OCAML*",
    "STACK_ROOT",
    "GHCUP_*",
    "CABAL_*",
    "ELIXIR_*",
    "MIX_*",
    "HEX_HOME",
    "ERL_*",
    "ZIG_*",
    "FLUTTER_ROOT",
    "PUB_CACHE",
    "ASDF_*",
    "MISE_*",
    "NIX_*",
    "IN_NIX_SHELL",
    "HOMEBREW_*",
    "OMP_NUM_THREADS",
];

/// Parts of a name that say it holds a key.
const TELLING: [&str; 13] = [
    "TOKEN",
    "TOKENS",
    "SECRET",
    "SECRETS",
    "PASSWORD",
    "PASSWD",
    "PASS",
    "CREDENTIAL",
    "CREDENTIALS",
    "AUTH",
    "AUTHTOKEN",
    "KEY",
    "APIKEY",
];

/// Whether every agent gets a variable of this name.
pub(super) fn is_usual(name: &str) -> bool {
    let fits_list = USUAL.iter().any(|pattern| fits(pattern, name));
    fits_list && (is_git_setting(name) || !tells_of_a_key(name))
}

/// Whether it is one of those by which git gets settings: their names count them, and `KEY` there means no secret.
pub(super) fn is_git_setting(name: &str) -> bool {
    name == "GIT_CONFIG_COUNT"
        || name.starts_with("GIT_CONFIG_KEY_")
        || name.starts_with("GIT_CONFIG_VALUE_")
        || name == "GIT_CONFIG_PARAMETERS"
}

/// Whether the settings that git gets by variables sign it in somewhere. They are counted, so they are withheld together.
pub(super) fn git_settings_authorize(base: &[(OsString, OsString)]) -> bool {
    base.iter().any(|(key, value)| {
        let (key, value) = (key.to_string_lossy(), value.to_string_lossy());
        let value = value.to_ascii_lowercase();
        is_git_setting(&key) && (value.contains("extraheader") || value.contains("credential"))
    })
}

fn tells_of_a_key(name: &str) -> bool {
    name.split(|letter: char| !letter.is_ascii_alphanumeric())
        .any(|part| TELLING.iter().any(|word| part.eq_ignore_ascii_case(word)))
}

/// Whether a name fits a pattern, in which `*` stands for any letters.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_ascii_uppercase(), name.to_ascii_uppercase());
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let mut last = None;
    for piece in pieces {
        if let Some(middle) = last.replace(piece) {
            let Some((_, behind)) = rest.split_once(middle) else {
                return false;
            };
            rest = behind;
        }
    }
    match last {
        Some(last) => rest.ends_with(last),
        None => rest.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, name, expect) in [
            ("PATH", "PATH", true),
            ("PATH", "PATHS", false),
            ("HTTP_PROXY", "http_proxy", true),
            ("LC_*", "LC_ALL", true),
            ("LC_*", "LANG", false),
            ("BASH_*_MS", "BASH_X_MS", true),
            ("BASH_*_MS", "BASH_MS", false),
            ("*", "ANY", true),
            ("A*B*C", "A-B-C", true),
            ("A*B*C", "A-C", false),
        ] {
            assert_eq!(fits(pattern, name), expect, "{pattern} {name}");
        }
    }

    #[test]
    fn no_key_is_usual() {
        for (name, usual) in [
            ("CARGO_HOME", true),
            ("CARGO_REGISTRIES_MINE_TOKEN", false),
            ("NODE_AUTH_TOKEN", false),
            ("npm_config__auth", false),
            ("npm_config_//host/:_authToken", false),
            ("GIT_AUTHOR_NAME", true),
            ("GIT_CONFIG_KEY_0", true),
            ("GITHUB_TOKEN", false),
            ("SSH_AUTH_SOCK", false),
            ("AWS_PROFILE", false),
            ("DOCKER_HOST", false),
            ("UV_PUBLISH_PASSWORD", false),
            ("CHANT_NOW", true),
        ] {
            assert_eq!(is_usual(name), usual, "{name}");
        }
    }

    #[test]
    fn a_header_with_a_key_takes_all_of_gits_settings_along() {
        let check = |key: &str, expect| {
            let base = [("GIT_CONFIG_KEY_0".into(), key.into())];
            assert_eq!(git_settings_authorize(&base), expect);
        };
        check("http.https://example.com/.extraHeader", true);
        check("credential.helper", true);
        check("gc.auto", false);
    }
}
