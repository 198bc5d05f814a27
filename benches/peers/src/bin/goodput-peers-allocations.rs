//! Counts the allocations of every case. Only this binary names the crate that brings the counting allocator; one that does not
//! name it does not get it.

fn main() -> anyhow::Result<()> {
    let counts = goodput_peers::table::count_allocations(|run| allocation_counter::measure(run).count_total);
    serde_json::to_writer_pretty(std::io::stdout(), &counts)?;
    Ok(())
}
