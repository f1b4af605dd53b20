//! As much HTTP/1.1 as a benchmark needs: kept-alive connections, bodies with a length or in chunks.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

/// The first line and headers of a message, and its body.
pub(crate) struct Message {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    /// The body as text.
    pub(crate) fn text(&self) -> Result<&str> {
        Ok(std::str::from_utf8(&self.body)?)
    }
}

/// A connection that is kept alive.
pub(crate) struct Connection {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
}

impl Connection {
    /// Dials; answers that take longer than half a minute are failures.
    pub(crate) fn open(address: SocketAddr) -> Result<Self> {
        Self::over(TcpStream::connect(address)?)
    }

    /// Uses a connection that stands.
    pub(crate) fn over(stream: TcpStream) -> Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let reader = BufReader::with_capacity(64 * 1024, stream.try_clone()?);
        Ok(Self {
            reader,
            writer: stream,
        })
    }

    /// A server does not mind how long the next request takes.
    pub(crate) fn wait_forever(&mut self) -> Result<()> {
        Ok(self.reader.get_ref().set_read_timeout(None)?)
    }

    /// Sends bytes as they are.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.writer.write_all(bytes)?)
    }

    /// Reads the next request or response; None when the other side closed.
    pub(crate) fn receive(&mut self) -> Result<Option<Message>> {
        self.receive_watched(|_| {})
    }

    /// The same, and shows what there is of the body whenever more of it has come.
    pub(crate) fn receive_watched(
        &mut self,
        mut watch: impl FnMut(&[u8]),
    ) -> Result<Option<Message>> {
        let Some(mut message) = self.head()? else {
            return Ok(None);
        };
        let chunked = message
            .header("transfer-encoding")
            .is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
        if chunked {
            message.body = self.chunks(watch)?;
        } else if let Some(length) = message.header("content-length") {
            let length = length.parse().context("a strange content-length")?;
            self.append(&mut message.body, length, &mut watch)?;
        }
        Ok(Some(message))
    }

    /// Reads so much more of a body.
    fn append(
        &mut self,
        body: &mut Vec<u8>,
        length: usize,
        watch: &mut impl FnMut(&[u8]),
    ) -> Result<()> {
        let end = body.len() + length;
        body.reserve(length);
        while body.len() < end {
            let buffer = self.reader.fill_buf()?;
            ensure!(!buffer.is_empty(), "the connection broke");
            let here = buffer.len().min(end - body.len());
            body.extend_from_slice(&buffer[..here]);
            self.reader.consume(here);
            watch(body);
        }
        Ok(())
    }

    /// Reads the first line and headers of the next message, and leaves its body where it is.
    pub(crate) fn head(&mut self) -> Result<Option<Message>> {
        let mut head = String::new();
        loop {
            let start = head.len();
            if self.reader.read_line(&mut head)? == 0 {
                return Ok(None);
            }
            if head[start..].trim_end().is_empty() {
                let body = Vec::new();
                return Ok(Some(Message { head, body }));
            }
        }
    }

    /// The lines of a body in chunks, each as soon as it is there.
    pub(crate) fn lines(&mut self) -> Lines<'_> {
        Lines {
            reader: &mut self.reader,
            left: 0,
            ended: false,
        }
    }

    fn chunks(&mut self, mut watch: impl FnMut(&[u8])) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line)?;
            let size = usize::from_str_radix(line.trim(), 16).context("a strange chunk size")?;
            self.append(&mut body, size, &mut watch)?;
            // Each chunk, the last and empty one included, ends with a line break of its own.
            self.reader.read_exact(&mut [0; 2])?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
}

/// A body that is read while it comes.
pub(crate) struct Lines<'a> {
    reader: &'a mut BufReader<TcpStream>,
    /// How much of the current chunk is not read yet.
    left: usize,
    ended: bool,
}

impl Lines<'_> {
    /// The next line; None at the end of the body.
    pub(crate) fn next(&mut self) -> Result<Option<String>> {
        let mut line = Vec::new();
        while !self.ended {
            if self.left == 0 {
                self.begin_chunk()?;
                continue;
            }
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                bail!("the connection broke");
            }
            let there = &buffer[..buffer.len().min(self.left)];
            let end = there.iter().position(|byte| *byte == b'\n');
            line.extend_from_slice(&there[..end.unwrap_or(there.len())]);
            let taken = end.map_or(there.len(), |end| end + 1);
            self.reader.consume(taken);
            self.left -= taken;
            if self.left == 0 {
                self.reader.read_exact(&mut [0; 2])?;
            }
            if end.is_some() {
                return Ok(Some(String::from_utf8(line)?));
            }
        }
        Ok(None)
    }

    fn begin_chunk(&mut self) -> Result<()> {
        let mut size = String::new();
        if self.reader.read_line(&mut size)? == 0 {
            bail!("the connection broke");
        }
        self.left = usize::from_str_radix(size.trim(), 16).context("a strange chunk size")?;
        if self.left == 0 {
            self.ended = true;
            self.reader.read_exact(&mut [0; 2])?;
        }
        Ok(())
    }
}

/// The bytes of a POST with a JSON body.
pub(crate) fn post(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Vec<u8> {
    let mut text = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

/// Sends a request and insists on a successful answer.
pub(crate) fn exchange(connection: &mut Connection, request: &[u8]) -> Result<Message> {
    connection.send(request)?;
    let answer = connection
        .receive()?
        .context("the connection was closed instead of an answer")?;
    if !answer.head.starts_with("HTTP/1.1 2") {
        bail!(
            "{}: {}",
            answer.head.lines().next().unwrap_or_default(),
            String::from_utf8_lossy(&answer.body)
        );
    }
    Ok(answer)
}
