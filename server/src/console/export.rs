//! Lists as files: CSV for spreadsheets, JSON for programs.

use app::error::ApiError;
use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

use crate::{console::forms::status, machine::problem::Problem, request_id::RequestId};

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Lines as RFC 4180 has them.
    Csv,
    /// A list of objects, one on each line.
    Json,
}

impl Format {
    /// Reads `csv` or `json`.
    pub fn parse(code: &str) -> Option<Self> {
        match code {
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// A file to be saved, under a name without its ending.
pub fn attachment(name: &str, format: Format, body: Body) -> Response {
    let (kind, ending) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::Json => ("application/json", "json"),
    };
    let mut response = ([(header::CONTENT_TYPE, kind)], body).into_response();
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}.{ending}\""));
    response.headers_mut().extend(disposition.map(|value| (header::CONTENT_DISPOSITION, value)));
    response
}

/// What is answered when there is no file.
pub fn refused(error: ApiError, id: &RequestId) -> Response {
    let code = if error == ApiError::Forbidden { "forbidden" } else { "not_done" };
    Problem::new(status(error), code, error.to_string(), id).into_response()
}

/// A line of CSV, every field in quotes.
pub fn csv_line(fields: &[&str]) -> String {
    let fields: Vec<_> = fields.iter().map(|text| csv_field(text)).collect();
    format!("{}\r\n", fields.join(","))
}

/// One field. A spreadsheet would run what begins like a formula, unless a quote comes first; where a semicolon separates
/// cells, as in much of Europe, some begin a cell behind one, whatever quotes say.
fn csv_field(text: &str) -> String {
    const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
    let mut guarded = String::with_capacity(text.len() + 2);
    let mut begins = true;
    for letter in text.chars() {
        if begins && FORMULA.contains(&letter) {
            guarded.push('\'');
        }
        begins = letter == ';' || (begins && letter == ' ');
        guarded.push(letter);
    }
    format!("\"{}\"", guarded.replace('"', "\"\""))
}

/// A part of a list of JSON objects, one on each line: the first part begins the list, the last one ends it.
pub fn json_part(objects: &[String], is_first: bool, is_last: bool) -> String {
    let begin = match (is_first, objects.is_empty()) {
        (true, _) => "[\n",
        (false, true) => "",
        (false, false) => ",\n",
    };
    let end = if is_last { "\n]\n" } else { "" };
    format!("{begin}{}{end}", objects.join(",\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_runs_in_a_spreadsheet_or_leaves_its_column() {
        for (text, expected) in [
            ("plain", "\"plain\""),
            ("a,b\n\"c\"", "\"a,b\n\"\"c\"\"\""),
            ("=1+1", "\"'=1+1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("-2", "\"'-2\""),
            ("a;=HYPERLINK(1);b", "\"a;'=HYPERLINK(1);b\""),
            ("a; =1", "\"a; '=1\""),
            ("", "\"\""),
        ] {
            assert_eq!(csv_field(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_list_in_parts_is_a_list() {
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&json_part(&[], true, true)), serde_json::json!([]));
        let two = [json_part(&["1".to_owned()], true, false), json_part(&["2".to_owned()], false, false)].concat();
        assert_eq!(read(&(two + &json_part(&[], false, true))), serde_json::json!([1, 2]));
    }
}
