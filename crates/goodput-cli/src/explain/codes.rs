//! What every HTTP status and gRPC code means to one SLO, in as few words as say it all.

use goodput_model::{GrpcRule, Indicator, Slo, StatusMeaning};

/// The codes that mean one thing: `HTTP 2xx, 3xx and 4xx except 405, 408 and 429`.
pub(super) fn http(slo: &Slo, wanted: StatusMeaning) -> Option<String> {
    let own: Vec<(u16, StatusMeaning)> = slo.status_overrides().map(|rule| (rule.status, rule.meaning)).collect();
    let meaning = |status: u16| {
        let own = own.iter().find(|(own, _)| *own == status);
        own.map_or_else(|| usual_http(slo.indicator(), status), |(_, meaning)| *meaning)
    };
    let mut words = Vec::new();
    for hundred in 1..=9 {
        let statuses: Vec<u16> = (hundred * 100..hundred * 100 + 100).collect();
        let such: Vec<u16> = statuses.iter().copied().filter(|status| meaning(*status) == wanted).collect();
        let others: Vec<u16> = statuses.iter().copied().filter(|status| meaning(*status) != wanted).collect();
        let is_rule = matches!(hundred, 2..=5) && such.len() > others.len();
        let named = |status: &u16| match hundred {
            1 => *status == 101 || own.iter().any(|(own, _)| own == status), // the others end no request
            2..=5 => true,
            _ => own.iter().any(|(own, _)| own == status), // as 5xx, and no server sends them
        };
        match (is_rule, others.is_empty()) {
            (true, true) => words.push(format!("{hundred}xx")),
            (true, false) => words.push(format!("{hundred}xx except {}", and(&texts(&others)))),
            (false, _) => words.extend(texts(&such.into_iter().filter(named).collect::<Vec<_>>())),
        }
    }
    (!words.is_empty()).then(|| format!("HTTP {}", and(&words)))
}

/// Likewise for gRPC: `gRPC OK and NOT_FOUND`.
pub(super) fn grpc(slo: &Slo, wanted: StatusMeaning) -> Option<String> {
    let own: Vec<(u8, StatusMeaning)> = slo.grpc_overrides().map(|rule| (rule.code, rule.meaning)).collect();
    let meaning = |code: u8| {
        let own = own.iter().find(|(own, _)| *own == code);
        own.map_or_else(|| usual_grpc(slo.indicator(), code), |(_, meaning)| *meaning)
    };
    let such = (0..).zip(GrpcRule::NAMES).filter(|(code, _)| meaning(*code) == wanted).map(|(_, name)| name.to_owned());
    let names: Vec<String> = such.collect();
    (!names.is_empty()).then(|| format!("gRPC {}", and(&names)))
}

/// The codes that are excluded where no route matched, unless the file says what they mean or they are excluded anyway.
pub(super) fn unmatched(slo: &Slo) -> Option<String> {
    let not_found = slo.indicator() != Indicator::ErrorRate && slo.status_overrides().all(|rule| rule.status != 404);
    let unimplemented = slo.grpc_overrides().all(|rule| rule.code != 12);
    let codes = [(not_found, "404"), (unimplemented, "UNIMPLEMENTED")];
    let codes: Vec<String> =
        codes.into_iter().filter(|(excluded, _)| *excluded).map(|(_, code)| code.to_owned()).collect();
    (!codes.is_empty()).then(|| format!("{} where no route matched", and(&codes)))
}

fn usual_http(indicator: Indicator, status: u16) -> StatusMeaning {
    match status {
        405 | 429 => StatusMeaning::Excluded,
        101 | 200..400 => StatusMeaning::Success,
        408 => StatusMeaning::Failure,
        400..500 => callers_mistake(indicator),
        _ => StatusMeaning::Failure,
    }
}

fn usual_grpc(indicator: Indicator, code: u8) -> StatusMeaning {
    match code {
        0 => StatusMeaning::Success,
        2 | 4 | 8 | 12..=15 => StatusMeaning::Failure,
        _ => callers_mistake(indicator),
    }
}

/// An error rate looks only at requests that could have succeeded.
fn callers_mistake(indicator: Indicator) -> StatusMeaning {
    if indicator == Indicator::ErrorRate { StatusMeaning::Excluded } else { StatusMeaning::Success }
}

fn texts(statuses: &[u16]) -> Vec<String> {
    statuses.iter().map(u16::to_string).collect()
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn and(words: &[String]) -> String {
    match words.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use goodput_core::{Code, Ending, Goodput, Request};

    use super::*;

    fn check(slo: &Slo, good: &str, bad: &str, excluded: &str) {
        let meanings = [StatusMeaning::Success, StatusMeaning::Failure, StatusMeaning::Excluded];
        let found = meanings.map(|meaning| http(slo, meaning).unwrap_or_default());
        assert_eq!(found, [good, bad, excluded]);
    }

    #[test]
    fn statuses_are_told_by_their_hundreds() {
        check(
            &Slo::availability("a", "99%"),
            "HTTP 101, 2xx, 3xx and 4xx except 405, 408 and 429",
            "HTTP 408 and 5xx",
            "HTTP 405 and 429",
        );
        check(&Slo::error_rate("a", "99%"), "HTTP 101, 2xx and 3xx", "HTTP 408 and 5xx", "HTTP 4xx except 408");
    }

    #[test]
    fn what_the_file_says_goes_first() {
        let slo = Slo::availability("a", "99%")
            .bad_statuses([404, 429])
            .good_statuses([501, 405])
            .excluded_statuses([499, 700]);
        check(
            &slo,
            "HTTP 101, 2xx, 3xx, 4xx except 404, 408, 429 and 499 and 501",
            "HTTP 404, 408, 429 and 5xx except 501",
            "HTTP 499 and 700",
        );
        assert_eq!(unmatched(&slo).as_deref(), Some("UNIMPLEMENTED where no route matched"));
    }

    #[test]
    fn every_grpc_code_means_one_thing() {
        for slo in [Slo::availability("a", "99%"), Slo::error_rate("a", "99%").good_grpc_codes([5])] {
            let meanings = [StatusMeaning::Success, StatusMeaning::Failure, StatusMeaning::Excluded];
            let all = meanings.map(|meaning| grpc(&slo, meaning).unwrap_or_default()).join(" ");
            for name in GrpcRule::NAMES {
                let times = all.split([' ', ',']).filter(|word| *word == name).count();
                assert_eq!(times, 1, "{name} in {all}");
            }
        }
    }

    /// What is explained is what a service does.
    #[test]
    fn every_code_is_told_as_it_is_counted() {
        let counted = |slo: &Slo, code: Code| {
            let goodput = Goodput::builder("told").slo(slo.clone()).build().unwrap();
            let mut request = Request::begin(&goodput, goodput.route(Some("/told")));
            request.respond(&goodput, code);
            request.end(&goodput, Ending::Completed);
            let counts = goodput.status().slo(slo.name()).unwrap().counts;
            match (counts.good, counts.bad, counts.excluded) {
                (1, 0, 0) => StatusMeaning::Success,
                (0, 1, 0) => StatusMeaning::Failure,
                (0, 0, 1) => StatusMeaning::Excluded,
                other => panic!("one event, and {other:?}"),
            }
        };
        for slo in [Slo::availability("a", "99%"), Slo::error_rate("a", "99%")] {
            for status in 100..600 {
                assert_eq!(usual_http(slo.indicator(), status), counted(&slo, Code::http(status)), "{slo:?} {status}");
            }
            for code in 0..=16 {
                assert_eq!(usual_grpc(slo.indicator(), code), counted(&slo, Code::grpc(code.into())), "{slo:?} {code}");
            }
        }
    }
}
