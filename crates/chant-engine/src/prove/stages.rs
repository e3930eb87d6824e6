//! The proof itself: which sides are run, in which order, and what follows.

use chant_git::Oid;
use chant_spec::{Check, Ending, Stage};

use super::bisect::fixing_commit;
use super::lab::{Colour, Halt, Lab, Step, Tally};
use super::trees::{Subject, Tests};
use crate::bench::{Place, Stopped};
use crate::proof::{Counts, ProofDocument, Row, Side, Verdict};

/// What the rows come to.
struct Finding {
    verdict: Verdict,
    sentence: String,
    fixed_by: Option<Oid>,
}

impl Finding {
    fn new(verdict: Verdict, sentence: impl Into<String>) -> Self {
        Self {
            verdict,
            sentence: sentence.into(),
            fixed_by: None,
        }
    }

    fn refuted(sentence: impl Into<String>) -> Self {
        Self::new(Verdict::Refuted, sentence)
    }

    fn proven(sentence: impl Into<String>) -> Self {
        Self::new(Verdict::Proven, sentence)
    }
}

/// Proves a result, or says why it is not proven. `ending` is the end that a reproduction claims, `named` the commits it
/// names; a fix has neither.
pub(crate) fn prove(
    lab: &mut Lab<'_, '_>,
    subject: &Subject<'_>,
    ending: Ending,
    named: &[String],
) -> Step<ProofDocument> {
    let (finding, tests) = match subject.tests()? {
        Err(error) => (Finding::refuted(error), Vec::new()),
        Ok(tests) => {
            let finding = match subject.plan.stage {
                Stage::Fix => fix(lab, subject, &tests)?,
                Stage::Reproduction => reproduction(lab, subject, &tests, ending, named)?,
            };
            (finding, tests.found)
        }
    };
    let plan = subject.plan;
    let is_reproduction = plan.stage == Stage::Reproduction;
    Ok(ProofDocument {
        version: 1,
        stage: plan.stage.as_str().to_owned(),
        from: plan.from.clone(),
        run: plan.run.clone(),
        fails_with: plan.fails_with.clone(),
        repeat: plan.repeat,
        timeout: plan.timeout.clone(),
        cwd: plan.cwd.clone(),
        tests: subject.recorded(&tests),
        base: subject.onto.to_string(),
        result: subject.result.to_string(),
        rows: std::mem::take(&mut lab.rows),
        verdict: finding.verdict,
        sentence: finding.sentence,
        outcome: is_reproduction.then(|| ending.as_str().to_owned()),
        fixed_by: finding.fixed_by.map(|oid| oid.to_string()),
    })
}

fn fix(lab: &mut Lab<'_, '_>, subject: &Subject<'_>, tests: &Tests) -> Step<Finding> {
    if let Some(missing) = &tests.missing {
        return Ok(Finding::refuted(format!(
            "the test file {missing} is not in the result"
        )));
    }
    let trees = subject.trees(tests)?;
    let Some(without) = &trees.without else {
        return Ok(Finding::refuted(
            "the result changes nothing but the tests: there is no fix to prove",
        ));
    };
    let base = lab.side(Side::Base, &trees.base, Tally::as_red)?;
    match base.colour() {
        Colour::Green => {
            let sentence = "the test passes without the fix: it proves nothing";
            return Ok(Finding::refuted(sentence));
        }
        Colour::Neither => {
            let sentence = format!("without the fix the test is not red: {}", base.why);
            return Ok(Finding::refuted(sentence));
        }
        Colour::Red | Colour::Mixed => {}
    }
    let result = lab.side(Side::Result, &trees.result, Tally::as_green)?;
    match result.colour() {
        Colour::Red => {
            let sentence = format!("with the fix the test still fails: {}", result.line);
            return Ok(Finding::refuted(sentence));
        }
        Colour::Neither => {
            let sentence = format!("with the fix the test does not pass: {}", result.why);
            return Ok(Finding::refuted(sentence));
        }
        Colour::Green | Colour::Mixed => {}
    }
    let taken_back = lab.side(Side::WithoutFix, without, Tally::as_red)?;
    if matches!(taken_back.colour(), Colour::Green | Colour::Neither) {
        let sentence = "with everything but the tests taken back the test does not fail as before: it is not this change that makes it pass";
        return Ok(Finding::refuted(sentence));
    }
    if let Some(broken) = suite(lab, subject, tests, &trees.result)? {
        return Ok(Finding::refuted(broken));
    }
    Ok(concluded(lab, &base, &result))
}

/// Every side has the colour that it should, or is of several colours.
fn concluded(lab: &Lab<'_, '_>, base: &Tally, result: &Tally) -> Finding {
    let flaky = lab
        .rows
        .iter()
        .any(|row| row.side != Side::Suite && !row.holds);
    if flaky {
        return Finding::new(
            Verdict::Flaky,
            format!(
                "the test is flaky: without the fix {}, with it {}",
                base.counts.shown(),
                result.counts.shown()
            ),
        );
    }
    let suite = lab
        .rows
        .iter()
        .filter(|row| row.side == Side::Suite)
        .count();
    let suite = match suite {
        0 => String::new(),
        1 => ", and the suite is as good as before".to_owned(),
        n => format!(", and the {n} commands of the suite are as good as before"),
    };
    Finding::proven(format!(
        "the test fails without the fix ({} of {}) and passes with it ({} of {}){suite}",
        base.counts.red, base.counts.runs, result.counts.green, result.counts.runs
    ))
}

/// Nothing that passed before fails now. What passes now needs no comparison.
fn suite(
    lab: &mut Lab<'_, '_>,
    subject: &Subject<'_>,
    tests: &Tests,
    result: &Oid,
) -> Step<Option<String>> {
    let commands = &subject.project.config().checks;
    if commands.is_empty() {
        return Ok(None);
    }
    let place = lab.bench.place(result, subject.onto)?;
    for (number, command) in commands.iter().enumerate() {
        let log = format!("{}-{}", Side::Suite.log(), number + 1);
        let (now, sentence) = passes(lab, &log, &place, command)?;
        let broken = !now && {
            let before = subject.before(tests)?;
            let before = lab.bench.place(&before, subject.onto)?;
            passes(lab, &format!("{log}-before"), &before, command)?.0
        };
        let found = match (now, broken) {
            (true, _) => "passes".to_owned(),
            (_, true) => format!("passed before and fails now: {sentence}"),
            (_, false) => format!("fails, as it did before, and so tells nothing: {sentence}"),
        };
        lab.tell(Row {
            side: Side::Suite,
            tree: result.to_string(),
            run: command.clone(),
            holds: !broken,
            found: found.clone(),
            counts: Counts {
                runs: 1,
                green: u32::from(now),
                red: u32::from(!now),
                neither: 0,
            },
            same_as: None,
        })?;
        if broken {
            return Ok(Some(format!("{command}: {found}")));
        }
    }
    Ok(None)
}

fn passes(lab: &Lab<'_, '_>, log: &str, place: &Place, command: &str) -> Step<(bool, String)> {
    let check = Check {
        run: command.to_owned(),
        env: lab.plan.command().env,
        ..Check::default()
    };
    match lab.bench.run(place, log, &check)? {
        Ok(outcome) => Ok((outcome.passed, outcome.sentence)),
        Err(Stopped) => Err(Halt::Stopped),
    }
}

fn reproduction(
    lab: &mut Lab<'_, '_>,
    subject: &Subject<'_>,
    tests: &Tests,
    ending: Ending,
    named: &[String],
) -> Step<Finding> {
    match (ending, &tests.missing) {
        (Ending::NotABug, _) => {
            return Ok(Finding::proven(
                "not a bug; the spec says where the behaviour is promised",
            ));
        }
        (Ending::NotReproduced, Some(_)) => {
            return Ok(Finding::proven(
                "not reproduced, and no test is left; the spec says what was tried",
            ));
        }
        (_, Some(missing)) => {
            return Ok(Finding::refuted(format!(
                "it ends as {ending}, but the test file {missing} is not there"
            )));
        }
        (_, None) => {}
    }
    let tree = subject.with_tests(subject.onto, &tests.found)?;
    let judged = if ending == Ending::Reproduced {
        Tally::as_red
    } else {
        Tally::as_green
    };
    let base = lab.side(Side::Base, &tree, judged)?;
    let (counts, main) = (base.counts, subject.main);
    Ok(match (ending, base.colour()) {
        (Ending::Reproduced, Colour::Red) => Finding::proven(format!(
            "the test fails on {main} for the stated reason, {} of {}: {}",
            counts.red, counts.runs, base.line
        )),
        (Ending::Reproduced, Colour::Green) => {
            Finding::refuted(format!("the test passes on {main}: nothing is reproduced"))
        }
        (Ending::NotReproduced, Colour::Red | Colour::Mixed) => Finding::refuted(format!(
            "it ends as not-reproduced, but its test fails on {main}, {} of {}: {}",
            counts.red, counts.runs, base.line
        )),
        (_, Colour::Neither) => Finding::refuted(format!("on {main} the test {}", judged(&base).1)),
        (_, Colour::Mixed) => Finding::new(
            Verdict::Flaky,
            format!("the test is flaky: on {main} {}", counts.shown()),
        ),
        (Ending::AlreadyFixed, Colour::Green) => fixed(lab, subject, tests, named)?,
        (Ending::AlreadyFixed, Colour::Red) => Finding::refuted(format!(
            "it ends as already-fixed, but its test fails on {main}: {}",
            base.line
        )),
        (Ending::NotReproduced | Ending::NotABug, Colour::Green) => Finding::proven(format!(
            "not reproduced: the test passes on {main}, {} of {}",
            counts.green, counts.runs
        )),
        (Ending::NotABug, _) => unreachable!("its test is not run"),
    })
}

fn fixed(
    lab: &mut Lab<'_, '_>,
    subject: &Subject<'_>,
    tests: &Tests,
    named: &[String],
) -> Step<Finding> {
    Ok(match fixing_commit(lab, subject, &tests.found, named)? {
        Ok((commit, subject)) => Finding {
            fixed_by: Some(commit.clone()),
            ..Finding::proven(format!(
                "fixed by {}: {subject}",
                commit.as_str().get(..10).unwrap_or_default()
            ))
        },
        Err(problem) => Finding::refuted(problem),
    })
}

/// Whether the test can be red at all on `base`, the tree of the branch `main` before any fix: asked before an agent is
/// paid. Runs it until it is red once. Nothing where it can; otherwise why not.
pub(crate) fn could_be_red(lab: &Lab<'_, '_>, main: &str, base: &Oid) -> Step<Option<String>> {
    let tally = lab.runs("proof-before", base, |tally| tally.counts.red > 0)?;
    Ok(match tally.colour() {
        Colour::Green => Some(format!(
            "the test passes on {main} without any fix, {} of {}: it proves nothing",
            tally.counts.green, tally.counts.runs
        )),
        Colour::Neither => Some(format!("on {main} the test is not red: {}", tally.why)),
        Colour::Red | Colour::Mixed => None,
    })
}
