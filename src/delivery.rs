/// How far a failed call came. See [`Error::delivery`](crate::Error::delivery).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// The gateway has not acted: the call never left, or it was answered that the service is down.
    NotSent,
    /// The call may have arrived, and what became of it is not known.
    Unknown,
    /// Something answered. On [`Error::UnexpectedReply`](crate::Error::UnexpectedReply) that does not prove that nothing was done.
    Answered,
}
