//! The shapes of well-known secrets.
//!
//! One search finds how they begin; a few lines of code for each kind then say where it ends, or that it is something
//! else. That is faster than a regular expression for each, and each rule can be read.

use std::{ops::Range, sync::LazyLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::{Found, keys};

/// What has to follow the beginning.
#[derive(Clone, Copy)]
enum Form {
    /// That many or more letters of a class.
    Token(Class, usize),
    /// The same with exactly that many, as a word of its own.
    Exactly(Class, usize),
    /// That many or more, as a word of its own, with digits among them: what begins it is short enough to occur in prose.
    Mixed(Class, usize),
    /// `: `, ` = `, `":"` or the like, and then a token of that length or more.
    Label(Class, usize),
    /// The credentials of an HTTP header. `Basic` is a word of every day, so its header has to be there too.
    Bearer,
    Basic,
    /// Three parts of base64, the first two of which are JSON.
    Jwt,
    /// A private key in PEM armour.
    Armour,
    /// `user:password@` in a URL.
    Url,
}

#[derive(Clone, Copy)]
enum Class {
    Alphanumeric,
    Upper,
    Hex,
    /// Letters, digits, `-`, `_`.
    Word,
    /// The same and `.`.
    Dotted,
    /// Whatever base64 and its kin consist of.
    Base64,
}

impl Class {
    fn has(self, byte: u8) -> bool {
        match self {
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Word => byte.is_ascii_alphanumeric() || b"-_".contains(&byte),
            Self::Dotted => byte.is_ascii_alphanumeric() || b"-_.".contains(&byte),
            Self::Base64 => byte.is_ascii_alphanumeric() || b"-_.~+/=".contains(&byte),
        }
    }

    fn count(self, bytes: &[u8]) -> usize {
        let other = bytes.iter().position(|byte| !self.has(*byte));
        other.unwrap_or(bytes.len())
    }
}

use Class::{Alphanumeric, Base64, Dotted, Hex, Upper, Word};
use Form::{Armour, Basic, Bearer, Exactly, Jwt, Label, Mixed, Token, Url};

/// How each begins, what it is called, and what has to follow. Where two begin alike, the longer beginning counts.
const SHAPES: &[(&str, &str, Form)] = &[
    ("sk-ant-", "Anthropic key", Token(Word, 12)),
    ("sk-proj-", "OpenAI key", Token(Word, 16)),
    ("sk-svcacct-", "OpenAI key", Token(Word, 16)),
    ("sk-or-v1-", "OpenRouter key", Token(Hex, 32)),
    ("sk-", "API key", Mixed(Word, 20)),
    ("gsk_", "Groq key", Token(Alphanumeric, 32)),
    ("xai-", "xAI key", Mixed(Alphanumeric, 40)),
    ("pplx-", "Perplexity key", Mixed(Alphanumeric, 40)),
    ("nvapi-", "NVIDIA key", Token(Word, 40)),
    ("r8_", "Replicate token", Mixed(Alphanumeric, 30)),
    ("hf_", "Hugging Face token", Mixed(Alphanumeric, 30)),
    ("AIza", "Google API key", Exactly(Word, 35)),
    ("ya29.", "Google access token", Token(Word, 20)),
    ("GOCSPX-", "Google client secret", Token(Word, 20)),
    ("ghp_", "GitHub token", Token(Alphanumeric, 20)),
    ("gho_", "GitHub token", Token(Alphanumeric, 20)),
    ("ghu_", "GitHub token", Token(Alphanumeric, 20)),
    ("ghs_", "GitHub token", Token(Alphanumeric, 20)),
    ("ghr_", "GitHub token", Token(Alphanumeric, 20)),
    ("github_pat_", "GitHub token", Token(Word, 20)),
    ("glpat-", "GitLab token", Token(Dotted, 16)),
    ("gldt-", "GitLab token", Token(Word, 16)),
    ("glrt-", "GitLab token", Token(Word, 16)),
    ("glcbt-", "GitLab token", Token(Word, 16)),
    ("ATATT3", "Atlassian token", Token(Base64, 40)),
    ("ATBB", "Bitbucket password", Exactly(Alphanumeric, 32)),
    ("lin_api_", "Linear key", Token(Alphanumeric, 32)),
    ("AKIA", "AWS access key id", Exactly(Upper, 16)),
    ("ASIA", "AWS access key id", Exactly(Upper, 16)),
    (
        "aws_secret_access_key",
        "AWS secret access key",
        Label(Base64, 30),
    ),
    (
        "AWS_SECRET_ACCESS_KEY",
        "AWS secret access key",
        Label(Base64, 30),
    ),
    (
        "SecretAccessKey",
        "AWS secret access key",
        Label(Base64, 30),
    ),
    ("AccountKey=", "Azure storage key", Token(Base64, 40)),
    ("dop_v1_", "DigitalOcean token", Token(Hex, 40)),
    ("xoxb-", "Slack token", Token(Word, 12)),
    ("xoxp-", "Slack token", Token(Word, 12)),
    ("xoxa-", "Slack token", Token(Word, 12)),
    ("xoxr-", "Slack token", Token(Word, 12)),
    ("xoxs-", "Slack token", Token(Word, 12)),
    ("xoxe-", "Slack token", Token(Word, 12)),
    ("xoxe.", "Slack token", Token(Dotted, 12)),
    ("xapp-", "Slack token", Token(Word, 20)),
    (
        "hooks.slack.com/services/",
        "Slack webhook",
        Token(Base64, 20),
    ),
    ("sk_live_", "Stripe key", Token(Alphanumeric, 16)),
    ("sk_test_", "Stripe key", Token(Alphanumeric, 16)),
    ("rk_live_", "Stripe key", Token(Alphanumeric, 16)),
    ("rk_test_", "Stripe key", Token(Alphanumeric, 16)),
    ("whsec_", "webhook secret", Token(Base64, 24)),
    ("shpat_", "Shopify token", Token(Hex, 32)),
    ("SG.", "SendGrid key", Mixed(Dotted, 60)),
    ("sntrys_", "Sentry token", Token(Base64, 30)),
    ("npm_", "npm token", Mixed(Alphanumeric, 30)),
    (":_authToken", "npm token", Label(Base64, 16)),
    ("pypi-", "PyPI token", Mixed(Word, 40)),
    ("cio", "crates.io token", Exactly(Alphanumeric, 32)),
    ("rubygems_", "RubyGems key", Token(Hex, 40)),
    ("dckr_pat_", "Docker token", Token(Word, 20)),
    ("hvs.", "Vault token", Token(Word, 20)),
    ("AGE-SECRET-KEY-1", "age key", Token(Upper, 40)),
    ("eyJ", "JWT", Jwt),
    ("-----BEGIN ", "private key", Armour),
    ("Bearer ", "Authorization header", Bearer),
    ("bearer ", "Authorization header", Bearer),
    ("Basic ", "Authorization header", Basic),
    ("basic ", "Authorization header", Basic),
    ("x-api-key", "API key", Label(Base64, 16)),
    ("X-Api-Key", "API key", Label(Base64, 16)),
    ("X-API-Key", "API key", Label(Base64, 16)),
    ("X-API-KEY", "API key", Label(Base64, 16)),
    ("://", "password in a URL", Url),
];

static BEGINNINGS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .kind(Some(AhoCorasickKind::DFA))
        .build(SHAPES.iter().map(|(beginning, ..)| beginning))
        .expect("the table is small")
});

/// Every secret of a known shape, in order. One may reach into the next; the first counts.
pub(super) fn find(bytes: &[u8]) -> impl Iterator<Item = Found<'static>> {
    BEGINNINGS.find_iter(bytes).filter_map(|begun| {
        let (_, name, form) = SHAPES[begun.pattern().as_usize()];
        let range = ends(form, bytes, begun.range())?;
        Some(Found { range, name })
    })
}

/// The secret that begins like this, if it is one.
fn ends(form: Form, bytes: &[u8], begun: Range<usize>) -> Option<Range<usize>> {
    let rest = &bytes[begun.end..];
    let token = |class: Class, least| {
        let count = class.count(rest);
        (count >= least).then_some(begun.start..begun.end + count)
    };
    let own_word = || begins_word(bytes, begun.start);
    match form {
        Token(class, least) => token(class, least),
        Exactly(class, count) => {
            let exact = class.count(rest) == count && Word.count(rest) == count;
            (own_word() && exact).then_some(begun.start..begun.end + count)
        }
        Mixed(class, least) => token(class, least)
            .filter(|range| own_word() && has_digits(&bytes[begun.end..range.end])),
        Label(class, least) => labelled(rest, class, least).map(|it| shifted(it, begun.end)),
        Bearer => {
            let count = Base64.count(rest);
            (count >= 16 && has_digits(&rest[..count])).then_some(begun.end..begun.end + count)
        }
        Basic => {
            let count = Base64.count(rest);
            (count >= 8 && follows_header(bytes, begun.start))
                .then_some(begun.end..begun.end + count)
        }
        Jwt => jwt(&bytes[begun.start..]).map(|count| begun.start..begun.start + count),
        Armour => keys::find(bytes, begun),
        Url => password(rest).map(|it| shifted(it, begun.end)),
    }
}

fn shifted(range: Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}

/// Random letters of that length have some; words with hyphens between them have not.
fn has_digits(bytes: &[u8]) -> bool {
    bytes.iter().filter(|byte| byte.is_ascii_digit()).count() >= 2
}

/// Whether a word may begin here: nothing of a word stands before, or it belongs to an escape (`\n` in JSON, colours).
fn begins_word(bytes: &[u8], at: usize) -> bool {
    let before = &bytes[..at];
    match before {
        [] | [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f'] => true,
        [.., last] if !Word.has(*last) => true,
        [.., b'm'] => {
            let code = before.iter().rev().skip(1);
            let mut code = code.skip_while(|byte| byte.is_ascii_digit() || **byte == b';');
            code.next() == Some(&b'[')
        }
        _ => false,
    }
}

/// After a label: a few signs that lead to its value, then the value.
fn labelled(rest: &[u8], class: Class, least: usize) -> Option<Range<usize>> {
    const MOST: usize = 8;
    let leads = |byte: &u8| b" \t:=\"'\\".contains(byte);
    let start = rest.iter().take(MOST).position(|byte| !leads(byte))?;
    let count = class.count(&rest[start..]);
    (start > 0 && count >= least).then_some(start..start + count)
}

fn follows_header(bytes: &[u8], at: usize) -> bool {
    let near = &bytes[at.saturating_sub(24)..at];
    near.windows(13)
        .any(|word| word.eq_ignore_ascii_case(b"authorization"))
}

fn jwt(bytes: &[u8]) -> Option<usize> {
    let mut count = Word.count(bytes);
    for begins in [&b".eyJ"[..], b"."] {
        let part = &bytes[count..];
        if count < 10 || !part.starts_with(begins) {
            return None;
        }
        let more = Word.count(&part[1..]);
        if more < 10 {
            return None;
        }
        count += 1 + more;
    }
    Some(count)
}

/// The password between `user:` and `@`, after `://`; the user's own name and the word for it are those of every example.
fn password(rest: &[u8]) -> Option<Range<usize>> {
    const LONGEST: usize = 400;
    const EXAMPLES: [&[u8]; 5] = [b"password", b"passwd", b"pass", b"pwd", b"pw"];
    let near = &rest[..rest.len().min(LONGEST)];
    let stops = |byte: &u8| b"/?#\"'<>\\`()[]{}$ \t\r\n".contains(byte);
    let host = near.iter().position(|byte| *byte == b'@' || stops(byte))?;
    let colon = near[..host].iter().position(|byte| *byte == b':')?;
    let (user, password) = (&near[..colon], &near[colon + 1..host]);
    let is_example = password == user
        || EXAMPLES
            .iter()
            .any(|word| password.eq_ignore_ascii_case(word))
        || !password.iter().any(u8::is_ascii_alphanumeric)
        || password.iter().all(|byte| byte.eq_ignore_ascii_case(&b'x'));
    // An image by its digest: `docker://name:tag@sha256:…`.
    let is_image = near[host..].starts_with(b"@sha256:");
    (near[host] == b'@' && !is_example && !is_image).then_some(colon + 1..host)
}
