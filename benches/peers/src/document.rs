//! The tables of `BENCHMARKS.md`, which are written between markers and never by hand.

use std::path::PathBuf;

use anyhow::{Context, Result};

/// Writes a table between `<!-- table:NAME -->` and `<!-- end:NAME -->`.
pub fn write(name: &str, table: &str) -> Result<()> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../BENCHMARKS.md");
    let text = std::fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
    let text = with_table(&text, name, table).with_context(|| format!("failed to change {}", path.display()))?;
    std::fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))
}

fn with_table(text: &str, name: &str, table: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- table:{name} -->"), format!("<!-- end:{name} -->"));
    let (before, rest) = text.split_once(&begin).with_context(|| format!("there is no {begin}"))?;
    let (_, after) = rest.split_once(&end).with_context(|| format!("there is no {end} after {begin}"))?;
    Ok(format!("{before}{begin}\n\n{}\n\n{end}{after}", table.trim()))
}

/// Rows as Markdown, the first column to the left and the others to the right.
pub fn markdown(head: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    let rule = head.iter().enumerate().map(|(column, _)| if column == 0 { "---" } else { "---:" }).collect();
    let rows = rows.iter().map(|row| line(row.iter().map(String::as_str).collect()));
    line(head.to_vec()) + &line(rule) + &rows.collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_replaces_what_stood_between_its_markers() {
        let text = "a\n<!-- table:x -->\nold\n<!-- end:x -->\nb\n";
        let changed = with_table(text, "x", "new").unwrap();
        assert_eq!(changed, "a\n<!-- table:x -->\n\nnew\n\n<!-- end:x -->\nb\n");
        assert_eq!(with_table(&changed, "x", "new").unwrap(), changed);
    }

    #[test]
    fn a_missing_marker_is_an_error() {
        for (text, error) in [("", "there is no <!-- table:x -->"), ("<!-- table:x -->", "there is no <!-- end:x -->")]
        {
            assert!(with_table(text, "x", "new").unwrap_err().to_string().starts_with(error));
        }
    }

    #[test]
    fn rows_become_markdown() {
        let rows = [vec!["x".to_owned(), "1".to_owned()]];
        assert_eq!(markdown(&["name", "ns"], &rows), "| name | ns |\n| --- | ---: |\n| x | 1 |\n");
    }
}
