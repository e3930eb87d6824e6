//! As much HTTP/1.1 as clients of a model speak: requests with a length or in chunks, answers whole or in chunks.

use std::io::{self, BufRead, Read, Write};

/// More than any client sends.
const LARGEST: usize = 32 << 20;

/// A request as it came.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    /// Without what follows a `?`.
    pub(super) path: String,
    /// Names in small letters.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter();
        let (_, value) = all.find(|(known, _)| known == name)?;
        Some(value)
    }

    /// True where the client wants the connection closed after the answer.
    pub(super) fn is_last(&self) -> bool {
        let said = self.header("connection");
        said.is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

/// The next request of a connection; none where the client has closed it.
pub(super) fn read(
    reader: &mut impl BufRead,
    writer: &mut impl Write,
) -> io::Result<Option<Request>> {
    let first = line(reader)?;
    let mut words = first.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Ok(None);
    };
    let mut request = Request {
        method: method.to_owned(),
        path: target.split('?').next().unwrap_or_default().to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    };
    loop {
        let line = line(reader)?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        let name = name.trim().to_ascii_lowercase();
        request.headers.push((name, value.trim().to_owned()));
    }
    if request.header("expect").is_some() {
        writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let chunked = request.header("transfer-encoding");
    request.body = if chunked.is_some_and(|value| value.contains("chunked")) {
        chunks(reader)?
    } else {
        let length = request.header("content-length");
        exactly(
            reader,
            length.and_then(|text| text.parse().ok()).unwrap_or(0),
        )?
    };
    Ok(Some(request))
}

fn line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.by_ref().take(1 << 16).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

fn exactly(reader: &mut impl BufRead, length: usize) -> io::Result<Vec<u8>> {
    if length > LARGEST {
        return Err(io::Error::other("a body larger than any client's"));
    }
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = line(reader)?;
        let size = size.split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size, 16).map_err(io::Error::other)?;
        if size == 0 {
            line(reader)?;
            return Ok(body);
        }
        if body.len() + size > LARGEST {
            return Err(io::Error::other("a body larger than any client's"));
        }
        body.extend(exactly(reader, size)?);
        line(reader)?;
    }
}

/// Headers beside those that every answer has.
pub(super) type More = Vec<(String, String)>;

/// Answers with one JSON text; for HEAD without it.
pub(super) fn whole(
    writer: &mut impl Write,
    method: &str,
    status: u16,
    more: &More,
    json: &str,
) -> io::Result<()> {
    let mut text = head(status, more);
    text += "Content-Type: application/json\r\nContent-Length: ";
    text += &json.len().to_string();
    text += "\r\n\r\n";
    if method != "HEAD" {
        text += json;
    }
    writer.write_all(text.as_bytes())?;
    writer.flush()
}

/// Begins an answer that is a stream of events.
pub(super) fn begin_stream(writer: &mut impl Write, more: &More) -> io::Result<()> {
    let mut text = head(200, more);
    text += "Content-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n";
    writer.write_all(text.as_bytes())?;
    writer.flush()
}

/// One piece of a stream; an empty one ends it.
pub(super) fn chunk(writer: &mut impl Write, text: &str) -> io::Result<()> {
    write!(writer, "{:x}\r\n{text}\r\n", text.len())?;
    writer.flush()
}

fn head(status: u16, more: &More) -> String {
    let mut text = format!("HTTP/1.1 {status} Scripted\r\n");
    for (name, value) in more {
        text.extend([name.as_str(), ": ", value.as_str(), "\r\n"]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Request {
        let request = read(&mut text.as_bytes(), &mut io::sink()).expect("it is read");
        request.expect("a request")
    }

    #[test]
    fn a_body_comes_with_a_length_or_in_chunks() {
        let request = parsed("POST /v1/messages?beta=true HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}");
        assert_eq!(
            (request.path.as_str(), request.body.as_slice()),
            ("/v1/messages", &b"{}"[..])
        );
        let request = parsed(
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        );
        assert_eq!(request.body, b"abcde");
    }

    #[test]
    fn the_answer_to_head_has_no_body() {
        let mut out = Vec::new();
        whole(&mut out, "HEAD", 200, &Vec::new(), "{}").expect("written");
        let text = String::from_utf8(out).expect("text");
        assert!(text.ends_with("Content-Length: 2\r\n\r\n"), "{text}");
    }
}
