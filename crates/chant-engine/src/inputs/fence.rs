//! Inputs as text for a prompt: named with their object id, cut at the budget, and fenced as data.

use chant_git::Repo;

use super::Source;
use crate::error::Result;
use crate::fence::Fence;
use crate::prompt::Input;

/// The content of each input; none where it has none of its own.
pub(crate) fn contents(repo: &Repo, sources: &[Source]) -> Result<Vec<Option<Vec<u8>>>> {
    let content = |source: &Source| source.oid().map(|oid| repo.blob(oid)).transpose();
    Ok(sources
        .iter()
        .map(content)
        .collect::<std::result::Result<_, _>>()?)
}

/// The inputs as a template sees them, and the budget in words.
///
/// Small inputs are whole; what is left of `budget` (bytes) is shared equally among the large ones.
pub(crate) fn fenced(
    sources: &[Source],
    contents: &[Option<Vec<u8>>],
    budget: usize,
    fence: &Fence,
) -> (Vec<Input>, String) {
    let sizes: Vec<usize> = contents
        .iter()
        .map(|content| content.as_ref().map_or(0, Vec::len))
        .collect();
    let shares = share(&sizes, budget);
    let inputs = sources
        .iter()
        .zip(contents)
        .zip(shares)
        .map(|((source, content), share)| input(source, content.as_deref(), share, fence))
        .collect();
    (
        inputs,
        format!("at most {} of input text is shown here", bytes(budget)),
    )
}

fn input(source: &Source, content: Option<&[u8]>, share: usize, fence: &Fence) -> Input {
    let name = crate::one_line(source.name());
    let oid = source.oid().map_or_else(String::new, ToString::to_string);
    let (text, note) = match content {
        None => (String::new(), "a link; its content is not shown".to_owned()),
        Some(content) if content.contains(&0) => (
            String::new(),
            format!("binary, {}; read it in the worktree", bytes(content.len())),
        ),
        Some(content) => shown(content, share),
    };
    let head = [source.kind(), oid.as_str(), note.as_str()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ");
    let fenced = match content {
        None => format!("- {name} ({head})"),
        Some(_) => fence.put("input", &name, &format!(" ({head})"), &text),
    };
    Input {
        name,
        kind: source.kind().to_owned(),
        oid,
        note,
        text: fenced,
    }
}

fn shown(content: &[u8], share: usize) -> (String, String) {
    if content.len() <= share {
        return (String::from_utf8_lossy(content).into_owned(), String::new());
    }
    let mut text = String::from_utf8_lossy(&content[..share]).into_owned();
    // A cut in the middle of a character or line helps nobody.
    text.truncate(text.rfind('\n').map_or(text.len(), |end| end + 1));
    let note = format!(
        "cut: the first {} of {}; the whole file is in the worktree",
        bytes(text.len()),
        bytes(content.len())
    );
    (text, note)
}

/// How many bytes of each input are shown: the small ones whole, the rest in equal parts.
fn share(sizes: &[usize], budget: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&index| sizes[index]);
    let mut shares = vec![0; sizes.len()];
    let mut left = budget;
    for (position, &index) in order.iter().enumerate() {
        let fair = left / (sizes.len() - position);
        shares[index] = sizes[index].min(fair);
        left -= shares[index];
    }
    shares
}

fn bytes(count: usize) -> String {
    if count < 10_000 {
        format!("{count} bytes")
    } else {
        format!("{} KB", count / 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn small_inputs_are_whole_and_large_ones_share_the_rest() {
        assert_eq!(share(&[10, 1000, 1000], 410), [10, 200, 200]);
        assert_eq!(share(&[5, 5], 100), [5, 5]);
        assert_eq!(share(&[], 100), Vec::<usize>::new());
        assert_eq!(share(&[100], 0), [0]);
    }
}
