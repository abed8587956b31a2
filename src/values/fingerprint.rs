//! SHA-256 of what passes by, for showing later that it was not changed.

use aws_lc_rs::digest::{Context, SHA256};
use data_encoding::HEXLOWER;

/// Takes pieces and answers what `sha256sum` says of all of them.
pub struct Fingerprint(Context);

impl Default for Fingerprint {
    fn default() -> Self {
        Self(Context::new(&SHA256))
    }
}

impl Fingerprint {
    pub fn add(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }
    pub fn finish(self) -> String {
        HEXLOWER.encode(self.0.finish().as_ref())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn as_sha256sum_says() {
        let mut print = super::Fingerprint::default();
        print.add(b"pledge");
        print.add(b"post\n");
        // echo pledgepost | sha256sum
        assert_eq!(print.finish(), crate::values::sha256_hex("pledgepost\n"));
    }
}
