/// How far a failed call got. See [`Error::delivery`](crate::Error::delivery).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// The gateway has not acted: the call was not sent, or the gateway answered that it is out of service.
    NotSent,
    /// The call may have arrived, and its outcome is not known.
    Unknown,
    /// Something answered. On [`Error::UnexpectedReply`](crate::Error::UnexpectedReply) that does not prove that
    /// nothing was done.
    Answered,
}
