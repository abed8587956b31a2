//! From the gift to the receipt.

mod booking;
mod checkout;
mod client;
mod funds;
mod kill;
mod pages;
mod pledges;
mod receipts;
mod refunds;
