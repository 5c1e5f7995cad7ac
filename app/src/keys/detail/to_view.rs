//! Views of what is seen of keys.

use admin::{Broken, Calls, EditPreview, Overlap, Pair, Record, Remedy, Successor};
use model::{
    activity::{CallCounts, CallSample, ChartQuery, Outcome, Period, TimeRange},
    catalog::{Entry, ScopeEntry},
    decision::Reason,
    id::KeyId,
    key::{Form, Key},
    key_input::KeyInput,
    time::{DAY, Timestamp, relative, span},
};
use store::RefusedCall;

use crate::{
    form_outcome::FormErrors,
    keys::{
        detail::view::{
            BarView, BrokenView, CallCountsView, CallsView, EditPreviewView, OneBarView, PairState, PairView,
            ReasonView, RecordView, RefusedCallView, RotationView, SampleView, Tick,
        },
        edit::changes::changes,
        form::rotation::{OVERLAPS, RotateForm, UNTIL},
        to_view::{counts, row, when},
    },
};

/// Callers that are listed.
const LISTED: usize = 12;

fn start_of(range: TimeRange, place: usize) -> Timestamp {
    range.start.plus(range.step * i64::try_from(place).unwrap_or_default())
}

/// The code of the period that has bars of this length.
fn of_bars(range: TimeRange) -> String {
    Period::of_step(range.step).unwrap_or_default().code().to_owned()
}

/// When a bar begins. One as long as a day is a day of the calendar, in UTC.
fn begins(at: Timestamp, length: i64) -> Tick {
    if length == DAY {
        return Tick { iso: String::new(), words: format!("{} (UTC)", at.day()) };
    }
    Tick { iso: at.to_string(), words: at.long() }
}

/// What stands below the bars: four times evenly spread, and the end.
fn ticks(range: TimeRange, is_period: bool) -> Vec<Tick> {
    let plain = |words: String| Tick { iso: String::new(), words };
    let clock = |at: Timestamp| Tick { iso: at.to_string(), words: at.clock() };
    let has_days = range.length() > DAY;
    let tick = |quarter| {
        let at = range.start.plus(range.length() / 4 * quarter);
        if has_days { plain(at.short_day()) } else { clock(at) }
    };
    let last = match (is_period, range.step == DAY) {
        (true, true) => plain("today".to_owned()),
        (true, false) => plain("now".to_owned()),
        (false, _) => clock(range.end()),
    };
    (0..4).map(tick).chain([last]).collect()
}

/// The bar that is shown from nearer by.
fn one_bar(query: ChartQuery, range: TimeRange, now: Timestamp) -> Option<OneBarView> {
    let start = query.bar?;
    Some(OneBarView {
        begins: begins(start, range.length()),
        at: start.to_string(),
        ends: (range.length() < DAY).then(|| Tick { iso: range.end().to_string(), words: range.end().clock() }),
        neighbors: query.neighbors(now).map(|at| at.map(|at| at.to_string())),
        is_coarse: query.period == Period::Day && range.bars == 1,
    })
}

/// Calls of a chart.
pub(crate) fn calls(calls: &Calls, now: Timestamp) -> CallsView {
    let Calls { query, series, reasons, refused } = calls;
    let range = series.range;
    let bar = |(place, bar): (usize, &CallCounts)| {
        let at = start_of(range, place);
        BarView { begins: begins(at, range.step), at: at.to_string(), calls: counts(*bar) }
    };
    let reason = |(reason, calls): &(Reason, i64)| ReasonView {
        code: reason.code().to_owned(),
        words: reason.words().to_owned(),
        limited: Outcome::of_code(reason.code()) == Outcome::Limited,
        calls: *calls,
    };
    let refused_call = |call: &RefusedCall| {
        let at = Timestamp::from_millis(call.at);
        RefusedCallView {
            request_id: call.request_id.clone(),
            at: Tick { iso: at.to_string(), words: at.clock() },
            code: call.code.clone(),
            key: (call.key_id.clone(), call.key_name.clone()),
        }
    };
    CallsView {
        period: query.period.code().to_owned(),
        one: one_bar(*query, range, now),
        of_bars: of_bars(range),
        bars: series.bars.iter().enumerate().map(bar).collect(),
        ticks: ticks(range, query.bar.is_none()),
        total: counts(series.total()),
        reasons: reasons.iter().map(reason).collect(),
        refused: refused.iter().map(refused_call).collect(),
    }
}

/// Kinds of calls by caller, the latest first, as they come.
fn callers<'a>(kinds: impl IntoIterator<Item = &'a CallSample>, now: Timestamp) -> Vec<SampleView> {
    let mut found: Vec<SampleView> = Vec::new();
    for kind in kinds {
        let address = kind.address.map(|address| address.to_string()).unwrap_or_default();
        let known = found.iter().position(|caller| caller.address == address && caller.agent == kind.agent);
        let place = known.unwrap_or_else(|| {
            let (agent, last) = (kind.agent.clone(), when(kind.at, now));
            found.push(SampleView { address, agent, asked: Vec::new(), last, calls: CallCountsView::default() });
            found.len() - 1
        });
        let caller = &mut found[place];
        match kind.outcome {
            Outcome::Allowed => caller.calls.allowed += kind.calls,
            Outcome::Limited => caller.calls.limited += kind.calls,
            Outcome::Refused => caller.calls.refused += kind.calls,
        }
        let asked = kind.required.to_string();
        for scope in asked.split_whitespace() {
            if !caller.asked.iter().any(|known| known == scope) {
                caller.asked.push(scope.to_owned());
            }
        }
    }
    found
}

/// Who called lately, or within one bar of a chart.
pub(crate) fn record(record: &Record, is_of_bar: bool, now: Timestamp) -> RecordView {
    let mut callers = callers(&record.kinds, now);
    let more = callers.len().saturating_sub(LISTED);
    callers.truncate(LISTED);
    RecordView { callers, more, seen: record.seen(), calls: record.calls, is_of_bar }
}

/// A key and its successor, on the page of one of them.
pub(crate) fn pair(pair: &Pair, page: KeyId, may_write: bool, now: Timestamp) -> PairView {
    let drain = &pair.drain;
    let [old, new] = &drain.series;
    let bars = old.bars.iter().zip(&new.bars).enumerate();
    let bar = |(place, (of_old, of_new)): (usize, (&CallCounts, &CallCounts))| {
        (begins(start_of(old.range, place), old.range.step), of_old.allowed, of_new.allowed)
    };
    let quiet = drain.last_use.as_ref().map(|last| relative(last.at, now));
    let mut callers = callers(&drain.callers, now);
    callers.truncate(LISTED);
    PairView {
        old: row(&pair.old, drain.last_use.as_ref(), now),
        new: row(&pair.new, None, now),
        is_old: pair.old.id == page,
        state: match (pair.is_over(now), pair.is_safe(now)) {
            (true, _) => PairState::Over,
            (false, true) => PairState::Safe,
            (false, false) => PairState::InUse,
        },
        jwt_ends: (pair.old.form == Form::Jwt).then(|| when(pair.would_end, now)),
        rotated: when(pair.rotated_at, now),
        latest: when(pair.latest, now),
        latest_field: pair.latest.to_field(),
        may_extend: pair.latest > pair.old.spec.expires_at,
        quiet: quiet.unwrap_or_default(),
        recent: (drain.recent[0].allowed, drain.recent[1].allowed),
        of_bars: of_bars(old.range),
        bars: bars.map(bar).collect(),
        ticks: ticks(old.range, true),
        callers,
        may_write,
    }
}

/// What the page that rotates a key shows.
pub(crate) fn rotation(planned: Successor, now: Timestamp) -> RotationView {
    let Successor { key, ends, is_shorter, refused } = planned;
    let expires = key.spec.expires_at;
    let choice = |(code, words): (&str, &str)| {
        let at = now.plus(span(code).unwrap_or_default()).min(expires);
        (code.to_owned(), words.to_owned(), when(at, now))
    };
    let view = row(&key, None, now);
    let (refused, remedy) = refused.map_or((None, Remedy::None), |(why, remedy)| (Some(why), remedy));
    RotationView {
        id: view.mask.id,
        name: view.name,
        works: view.status.of.works(),
        expires: view.expires,
        is_jwt: key.form == Form::Jwt,
        choices: OVERLAPS.map(choice).into(),
        bounds: (now.plus(60_000).to_field(), expires.min(now.plus(366 * DAY)).to_field()),
        successor_ends: when(ends, now),
        is_shorter,
        refused,
        remedies: (remedy != Remedy::None, remedy == Remedy::Edit),
    }
}

/// The overlap that a form asks for.
pub(crate) fn overlap(form: &RotateForm) -> Result<Overlap, FormErrors> {
    let mistyped = || FormErrors::field("until", "Pick the day and the time at which the old key stops.".to_owned());
    if form.overlap == UNTIL {
        return Timestamp::of_field(&form.until).map(Overlap::Until).ok_or_else(mistyped);
    }
    span(&form.overlap).map(Overlap::For).ok_or_else(|| crate::error::ApiError::BadRequest.into())
}

/// Scopes to try a key with: what it holds, each direction of it, and the catalogue.
pub(crate) fn scopes(key: &Key, catalogue: &[Entry<ScopeEntry>]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for scope in key.spec.scopes.iter().chain(catalogue.iter().map(|entry| &entry.settings.name)) {
        for one in [scope.clone(), scope.clone().toward(false), scope.clone().toward(true)] {
            let one = one.to_string();
            if !all.contains(&one) {
                all.push(one);
            }
        }
    }
    all
}

/// What an edit would change and break, which asks for this.
pub(crate) fn edit_preview(preview: &EditPreview, asked: &KeyInput, now: Timestamp) -> EditPreviewView {
    let EditPreview { before, after, tightening: found } = preview;
    let stated = |key: &Key| KeyInput { expires: key.spec.expires_at.long(), ..KeyInput::of(key) };
    let mut reasons: Vec<Reason> = Vec::new();
    for Broken { reason, .. } in &found.broken {
        if !reasons.contains(reason) {
            reasons.push(*reason);
        }
    }
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let view = |reason: Reason| {
        let kinds = found.broken.iter().filter(|broken| broken.reason == reason).map(|broken| &broken.kind);
        let why = match reason {
            Reason::AddressNotAllowed => {
                format!("Called from outside of {}, which is all the key would allow", one_line(&asked.addresses))
            }
            Reason::InsufficientScope => {
                format!("Asked for more than {}, which is all the key would hold", one_line(&asked.scopes))
            }
            Reason::SignatureRequired => "Wrote without a signature, which writes would need".to_owned(),
            other => other.words().to_owned(),
        };
        BrokenView { callers: callers(kinds, now), why }
    };
    EditPreviewView {
        id: before.id.to_string(),
        name: before.spec.name.to_string(),
        changes: changes(&stated(before), &stated(after)),
        broken: reasons.into_iter().map(view).collect(),
        seen: found.record.seen(),
        calls: found.record.calls,
    }
}
