//! What is to happen to each request, on both sides: a function of the seed and the request's number.

use crate::random::Random;

/// What the service does. Each has a route of its own, so that counts can be compared by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Deed {
    Answers,
    Ponders,
    Breaks,
    Declines,
    Limits,
    Errs,
    Panics,
    PanicsAtOnce,
    NoContent,
    NotModified,
    /// A stream that ends with `None`.
    Streams,
    /// A stream whose last frame says that it is the last.
    StreamsToItsEnd,
    /// A body that knows its size.
    Sized,
    /// A stream with a `content-length`.
    Downloads,
    Trailers,
    /// A `content-length` and announced trailers.
    TrailersAfterLength,
    /// Fewer bytes than declared.
    FallsShort,
    /// More bytes than declared.
    Overflows,
    Tears,
    PanicsMidBody,
    /// Some frames, and then nothing until the client has left.
    Stalls,
    /// The same as an event stream, which is over with its head.
    Events,
    /// No head until the client has left.
    Hangs,
    /// Reads the whole upload, then answers.
    Uploads,
    /// Answers after the first bytes of the upload.
    UploadsSome,
    /// A path without a route.
    Strays,
}

/// The deeds, the first segment of their paths, and how many of 100 requests each gets.
const DEEDS: [(Deed, &str, usize); 26] = [
    (Deed::Answers, "answers", 10),
    (Deed::Ponders, "ponders", 8),
    (Deed::Breaks, "breaks", 4),
    (Deed::Declines, "declines", 4),
    (Deed::Limits, "limits", 2),
    (Deed::Errs, "errs", 3),
    (Deed::Panics, "panics", 3),
    (Deed::PanicsAtOnce, "panics-at-once", 2),
    (Deed::NoContent, "no-content", 2),
    (Deed::NotModified, "not-modified", 2),
    (Deed::Streams, "streams", 6),
    (Deed::StreamsToItsEnd, "streams-to-its-end", 4),
    (Deed::Sized, "sized", 4),
    (Deed::Downloads, "downloads", 5),
    (Deed::Trailers, "trailers", 4),
    (Deed::TrailersAfterLength, "trailers-after-length", 2),
    (Deed::FallsShort, "falls-short", 3),
    (Deed::Overflows, "overflows", 3),
    (Deed::Tears, "tears", 4),
    (Deed::PanicsMidBody, "panics-mid-body", 3),
    (Deed::Stalls, "stalls", 5),
    (Deed::Events, "events", 2),
    (Deed::Hangs, "hangs", 5),
    (Deed::Uploads, "uploads", 5),
    (Deed::UploadsSome, "uploads-some", 3),
    (Deed::Strays, "strays", 2),
];

impl Deed {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        DEEDS.into_iter().map(|(deed, ..)| deed)
    }

    fn segment(self) -> &'static str {
        DEEDS[self as usize].1
    }

    /// The route it is counted on.
    pub(crate) fn template(self) -> String {
        if self == Self::Strays { "unmatched".to_owned() } else { format!("/{}/{{number}}", self.segment()) }
    }

    /// Whether nothing but the client's leaving ends it.
    fn waits_to_be_left(self) -> bool {
        matches!(self, Self::Stalls | Self::Events | Self::Hangs)
    }

    fn reads_an_upload(self) -> bool {
        matches!(self, Self::Uploads | Self::UploadsSome)
    }
}

/// The path of a request, from which the service knows what to do.
pub(crate) fn path(deed: Deed, number: usize) -> String {
    format!("/{}/{number}", deed.segment())
}

/// What a path asks for.
pub(crate) fn asked(path: &str) -> (Deed, usize) {
    let (segment, number) = path[1..].split_once('/').unwrap();
    let (deed, ..) = DEEDS.into_iter().find(|(_, own, _)| *own == segment).unwrap();
    (deed, number.parse().unwrap())
}

/// Where a client leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// Before the whole head of the request is sent; over HTTP/2, right after it.
    InTheHead,
    AfterTheRequest,
    /// When the handler has the request.
    OnceArrived,
    MidUpload,
    AfterTheHead,
    /// When it has read so many bytes of the body.
    AfterBytes(usize),
    AfterTheLastByte,
}

/// How it leaves. Over HTTP/2, the last two end the stream and not the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Closes the connection; what is unread makes it an RST all the same.
    Close,
    /// Closes the connection with an RST.
    Reset,
    /// HTTP/1.1: says that nothing more will come, and reads on. HTTP/2: resets the stream.
    HalfClose,
    /// HTTP/1.1: as [`Manner::Close`]. HTTP/2: drops everything it has of the stream.
    Drop,
}

/// What is to happen to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) deed: Deed,
    /// Asked with `HEAD`.
    pub(crate) head: bool,
    /// How often the handler lets others go first.
    pub(crate) yields: usize,
    /// Whether the handler takes a millisecond.
    pub(crate) dawdles: bool,
    pub(crate) status: u16,
    pub(crate) frames: usize,
    pub(crate) bytes_per_frame: usize,
    /// Before which polls of the body, lowest bit first, it has nothing.
    pub(crate) pauses: u32,
    /// After how many polls somebody outside the layer gives up waiting for the head.
    pub(crate) patience: Option<usize>,
    pub(crate) upload: Upload,
    pub(crate) leaves: Option<(Point, Manner)>,
}

/// What the client sends after the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Upload {
    /// Each of [`Upload::PIECE`] bytes; none if the deed reads none.
    pub(crate) pieces: usize,
    /// Over HTTP/1.1, instead of a declared length.
    pub(crate) chunked: bool,
    /// Over HTTP/1.1, with `expect: 100-continue`, and without waiting for it.
    pub(crate) expects_continue: bool,
}

impl Upload {
    pub(crate) const PIECE: usize = 700;
}

impl Plan {
    pub(crate) fn of(seed: u64, number: usize) -> Self {
        let mut random = Random::new(seed ^ (number as u64).wrapping_mul(0xd134_2543_de82_ef95));
        let random = &mut random;
        let deed = deed(random);
        let head = !deed.reads_an_upload() && random.percent(4);
        let status = match deed {
            Deed::Breaks => random.pick(&[500, 501, 502, 503, 504, 408]),
            Deed::Declines => random.pick(&[400, 401, 403, 404, 409, 410, 422]),
            Deed::Limits => 429,
            Deed::Strays => 404,
            Deed::NoContent => 204,
            Deed::NotModified => 304,
            _ => random.pick(&[200, 200, 200, 201, 206]),
        };
        let at_least = usize::from(matches!(deed, Deed::Stalls | Deed::Events | Deed::Overflows));
        let (frames, bytes_per_frame) = (at_least + random.below(6), random.pick(&[2, 10, 100, 1_500, 9_000]));
        let pauses = if random.percent(50) { random.next() as u32 & 0xff } else { 0 };
        let impatient = !head && random.percent(if deed == Deed::Hangs { 20 } else { 3 });
        // A handler that hangs is polled once and never again.
        let patience = impatient.then(|| if deed == Deed::Hangs { 1 } else { 1 + random.below(3) });
        let pieces = if deed.reads_an_upload() { 1 + random.below(5) } else { 0 };
        Self {
            deed,
            head,
            yields: if deed == Deed::Answers { 0 } else { random.below(4) },
            dawdles: random.percent(2),
            status,
            frames,
            bytes_per_frame,
            pauses,
            patience,
            upload: Upload { pieces, chunked: random.percent(50), expects_continue: random.percent(20) },
            leaves: leaves(random, deed, head, frames * bytes_per_frame, patience.is_some()),
        }
    }

    /// All the bytes of the response's body.
    pub(crate) fn bytes(&self) -> usize {
        self.frames * self.bytes_per_frame
    }
}

fn deed(random: &mut Random) -> Deed {
    let mut drawn = random.below(100);
    for (deed, _, share) in DEEDS {
        if drawn < share {
            return deed;
        }
        drawn -= share;
    }
    unreachable!("the shares add up to 100")
}

fn leaves(random: &mut Random, deed: Deed, head: bool, bytes: usize, impatient: bool) -> Option<(Point, Manner)> {
    let waits = deed.waits_to_be_left() && !(head && deed != Deed::Hangs) && !(impatient && deed == Deed::Hangs);
    if !waits && random.percent(70) {
        return None;
    }
    let after_bytes = Point::AfterBytes(1 + random.below(bytes.max(1)));
    let point = match deed {
        // Given up at its first poll, the handler may never say that it has begun.
        Deed::Hangs if impatient || random.percent(40) => Point::AfterTheRequest,
        Deed::Hangs => Point::OnceArrived,
        Deed::Stalls | Deed::Events if random.percent(70) => after_bytes,
        Deed::Stalls | Deed::Events => Point::AfterTheHead,
        Deed::Uploads | Deed::UploadsSome if random.percent(50) => Point::MidUpload,
        _ => random.pick(&[
            Point::InTheHead,
            Point::AfterTheRequest,
            Point::AfterTheHead,
            after_bytes,
            after_bytes,
            Point::AfterTheLastByte,
        ]),
    };
    Some((point, random.pick(&[Manner::Close, Manner::Reset, Manner::Reset, Manner::HalfClose, Manner::Drop])))
}
