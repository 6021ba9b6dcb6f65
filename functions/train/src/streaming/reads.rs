//! Fetches parts of a table's files for a computation on another thread, and stores its checkpoints.
//!
//! The computation waits for its bytes. Meanwhile, the thread of the invocation fetches them, several at a time.

use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use evergreen_lifecycle::ports::{ArtifactReadError, Datasets, Unavailable};
use evergreen_table::streamed::{RangeSource, StreamedFile};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::{mpsc, oneshot};

use crate::retries::RetryLimit;

/// Maximum number of bytes that one request to the store fetches.
const PART: u64 = 8 << 20;

/// Number of parts that are fetched at the same time.
const FETCHES: usize = 8;

/// What a computation asks for.
enum Request {
    /// Fetch these ranges of a file.
    Read { key: String, ranges: Vec<Range<u64>>, answer: oneshot::Sender<Result<Vec<Bytes>, String>> },
    /// Store this checkpoint.
    Keep(Vec<u8>),
}

/// The requests of a computation on another thread.
pub(crate) struct TableReads {
    sender: mpsc::UnboundedSender<Request>,
    receiver: mpsc::UnboundedReceiver<Request>,
    failure: Arc<Mutex<Option<Unavailable>>>,
}

/// Sends checkpoints of a computation to the thread that stores them.
pub(crate) struct CheckpointKeeper(mpsc::UnboundedSender<Request>);

/// A file in the store.
struct StoreSource {
    key: String,
    sender: mpsc::UnboundedSender<Request>,
}

impl RangeSource for StoreSource {
    fn read(&self, ranges: &[Range<u64>]) -> io::Result<Vec<Bytes>> {
        let (answer, receiver) = oneshot::channel();
        let request = Request::Read { key: self.key.clone(), ranges: ranges.to_vec(), answer };
        // If nobody serves the reads any more, the invocation has ended.
        let ended = || io::Error::other("the invocation has ended");
        self.sender.send(request).map_err(|_| ended())?;
        receiver.blocking_recv().map_err(|_| ended())?.map_err(io::Error::other)
    }
}

impl CheckpointKeeper {
    /// Stores a checkpoint soon. The caller does not wait for it.
    pub(crate) fn keep(&self, checkpoint: Vec<u8>) {
        // Without a receiver, the invocation has ended.
        let _ = self.0.send(Request::Keep(checkpoint));
    }
}

impl TableReads {
    pub(crate) fn new() -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        Self { sender, receiver, failure: Arc::default() }
    }

    /// Returns a file of the store whose bytes these reads fetch.
    pub(crate) fn file(&self, key: String, size: u64) -> StreamedFile {
        let source = StoreSource { key: key.clone(), sender: self.sender.clone() };
        StreamedFile { name: key, size, source: Arc::new(source) }
    }

    /// Returns where a computation sends its checkpoints.
    pub(crate) fn keeper(&self) -> CheckpointKeeper {
        CheckpointKeeper(self.sender.clone())
    }

    /// Serves the requests of `work` until it ends, and returns its result. `keep` stores a checkpoint.
    ///
    /// A failed read is an error of `work`, and [`TableReads::failure`] has its cause.
    pub(crate) async fn serve<T>(
        &mut self,
        storage: &impl Datasets,
        retries: RetryLimit,
        keep: impl AsyncFn(Vec<u8>),
        work: impl Future<Output = T>,
    ) -> T {
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                Some(request) = self.receiver.recv() => match request {
                    Request::Read { key, ranges, answer } => {
                        let read = self.fetch(storage, retries, &key, &ranges).await;
                        // The computation may have ended.
                        let _ = answer.send(read);
                    }
                    Request::Keep(checkpoint) => keep(checkpoint).await,
                },
            }
        }
    }

    /// Returns why the last read failed, if it did.
    pub(crate) fn failure(&self) -> Option<Unavailable> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    async fn fetch(
        &self,
        storage: &impl Datasets,
        retries: RetryLimit,
        key: &str,
        ranges: &[Range<u64>],
    ) -> Result<Vec<Bytes>, String> {
        let parts: Vec<(usize, Range<u64>)> = parts(ranges).collect();
        let read = |(place, range): (usize, Range<u64>)| async move {
            let read = async || storage.part(key, range.clone()).await.map_err(gone);
            retries.call(read).await.map(|bytes| (place, bytes))
        };
        let fetched = stream::iter(parts).map(read).buffered(FETCHES).try_collect::<Vec<_>>().await;
        let fetched = fetched.map_err(|error| {
            let told = format!("{}: {}", error.what, error.cause);
            *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            told
        })?;
        let size = |range: &Range<u64>| (range.end - range.start) as usize;
        let mut joined: Vec<BytesMut> = ranges.iter().map(|range| BytesMut::with_capacity(size(range))).collect();
        for (place, bytes) in fetched {
            if let Some(joined) = joined.get_mut(place) {
                joined.extend_from_slice(&bytes);
            }
        }
        Ok(joined.into_iter().map(BytesMut::freeze).collect())
    }
}

/// Cuts ranges into parts that one request fetches. Each part comes with the index of its range.
fn parts(ranges: &[Range<u64>]) -> impl Iterator<Item = (usize, Range<u64>)> {
    ranges.iter().enumerate().flat_map(|(place, range)| {
        let end = range.end;
        (range.start..end).step_by(PART as usize).map(move |start| (place, start..end.min(start + PART)))
    })
}

/// Turns "file not found" into a temporary error: the file was listed a moment ago, so somebody is replacing it.
fn gone(error: ArtifactReadError) -> Unavailable {
    match error {
        ArtifactReadError::Unavailable(error) => error,
        gone @ ArtifactReadError::NotFound(_) => Unavailable::new("reading the data set", gone),
    }
}

#[cfg(test)]
mod tests {
    use evergreen_testkit::Memory;
    use std::time::Duration;

    use super::*;
    use crate::work::off_thread;

    #[test]
    fn long_ranges_are_fetched_in_parts() {
        let cut: Vec<_> = parts(&[0..10, 5..5 + 2 * PART + 1]).collect();
        assert_eq!(cut, [(0, 0..10), (1, 5..5 + PART), (1, 5 + PART..5 + 2 * PART), (1, 5 + 2 * PART..6 + 2 * PART)]);
    }

    #[tokio::test]
    async fn a_computation_gets_the_bytes_that_it_asks_for() {
        let memory = Memory::default();
        let content: Vec<u8> = (0..=255).cycle().take(3 * PART as usize).collect();
        memory.state().datasets.insert("datasets/iris/a.parquet".into(), content.clone());
        let mut reads = TableReads::new();
        let file = reads.file("datasets/iris/a.parquet".into(), content.len() as u64);
        let keeper = reads.keeper();
        let work = off_thread(move || {
            keeper.keep(b"state".to_vec());
            file.source.read(&[3..5, 10..2 * PART + 7])
        });
        let kept = Mutex::new(Vec::new());
        let keep = async |checkpoint: Vec<u8>| *kept.lock().unwrap() = checkpoint;
        let limit = RetryLimit::lasting(Duration::from_secs(10));
        let read = reads.serve(&memory, limit, keep, work).await.unwrap().unwrap();
        assert_eq!(read[0], content[3..5]);
        assert_eq!(read[1], content[10..2 * PART as usize + 7]);
        assert_eq!(*kept.lock().unwrap(), b"state");
    }

    #[tokio::test]
    async fn a_read_that_fails_has_a_cause() {
        let memory = Memory::default();
        memory.take_away("datasets");
        let mut reads = TableReads::new();
        let file = reads.file("datasets/iris/a.parquet".into(), 10);
        let work = off_thread(move || file.source.read(&[0..5, 5..10]).map(|_| ()).map_err(|error| error.to_string()));
        let limit = RetryLimit::lasting(Duration::ZERO);
        let keep = async |_: Vec<u8>| {};
        assert!(reads.serve(&memory, limit, keep, work).await.unwrap().is_err());
        assert!(reads.failure().is_some());
    }
}
