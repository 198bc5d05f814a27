//! Guides. Their programs are compiled and run as tests.

#[doc = include_str!("slo_as_code.md")]
pub mod slo_as_code {}

#[doc = include_str!("when_is_a_request_good.md")]
pub mod when_is_a_request_good {}

#[cfg(all(feature = "notify", feature = "status"))]
#[doc = include_str!("who_is_told.md")]
pub mod who_is_told {}
