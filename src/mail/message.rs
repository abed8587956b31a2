//! A mail on its way to the wire, however it is made.

use super::{Email, Signer};
use crate::values::EmailAddress;

/// A mail that writes itself. Made on whatever thread is free, right before it leaves, so that no finished mails pile up.
pub trait Message: Send {
    /// Appends the mail as it goes over the wire, CRLF line ends and signature included, without dot-stuffing and final
    /// dot. Answers who it is from, as MAIL says it.
    ///
    /// # Errors
    /// The mail's own fault: it cannot be made.
    fn write(self: Box<Self>, signer: Option<&Signer>, out: &mut Vec<u8>) -> anyhow::Result<EmailAddress>;
}

struct Whole<F>(F);

impl<F: FnOnce() -> anyhow::Result<Email> + Send> Message for Whole<F> {
    fn write(self: Box<Self>, signer: Option<&Signer>, out: &mut Vec<u8>) -> anyhow::Result<EmailAddress> {
        let email = (self.0)()?;
        out.extend(email.to_wire(signer)?);
        Ok(email.from.address)
    }
}

/// A mail that is put together from its parts, header by header.
pub fn whole(make: impl FnOnce() -> anyhow::Result<Email> + Send + 'static) -> Box<dyn Message> {
    Box::new(Whole(make))
}
