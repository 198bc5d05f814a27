//! Guards that could not do what they say are refused, each by name.

use std::time::Duration;

use goodput_core::{Budgeting, FeatureGuard, Goodput, GoodputBuilder, Guard, Slo, Window};

fn shop() -> GoodputBuilder {
    Goodput::builder("shop")
        .exclude_routes(["/health"])
        .classes(["low"])
        .max_routes(4)
        .slo(Slo::availability("ok", "99%").routes(["/checkout"]))
        .slo(
            Slo::availability("slices", "99%")
                .budgeting(Budgeting::Timeslices { slice: Window::M1, target: Some("95%".parse().unwrap()) })
                .routes(["/checkout"]),
        )
}

fn check(builder: GoodputBuilder, expected: &str) {
    let message = builder.build().err().map(|error| error.to_string()).unwrap_or_default();
    assert!(message.contains(expected) && message.contains("expected"), "{expected:?}: {message:?}");
}

#[test]
fn a_guard_that_could_not_do_what_it_says_is_refused_by_name() {
    let g = || Guard::shed("g", "ok").routes(["/spare"]);
    let long = "x".repeat(300);
    for (guard, expected) in [
        (Guard::shed("g", "okay").routes(["/spare"]), "guard \"g\" looks at SLO \"okay\", which there is not"),
        (Guard::shed("g", "slices").routes(["/spare"]), "guard \"g\" looks at SLO \"slices\", which counts slices"),
        (Guard::shed("g", "ok"), "guard \"g\" chooses no request"),
        (Guard::shed("", "ok").routes(["/spare"]), "guard \"\" has a name of none"),
        (Guard::shed("a\nb", "ok").routes(["/spare"]), "has a name of none or too many letters"),
        (g().routes(["/health"]), "holds back route \"/health\", which is excluded"),
        (g().routes(["unmatched"]), "holds back route \"unmatched\""),
        (g().routes(["other"]), "holds back route \"other\""),
        (g().routes(["dependency:db"]), "holds back route \"dependency:db\""),
        (g().routes([""]), "holds back route \"\""),
        (g().routes([long.as_str()]), "holds back route \"xxx"),
        (g().routes(["/a", "/b", "/c", "/d"]), "which has no place"),
        (g().classes(["lwo"]), "holds back request class \"lwo\""),
        (g().above("0.999"), "acts above 0.999 times the allowed burn: expected at least 1"),
        (g().above("0"), "acts above 0 times"),
        (g().above("fast"), "acts above \"fast\" is not a plain number"),
        (g().above("-1"), "acts above \"-1\""),
        (g().above("100"), "never acts: 100 times the error budget of 99%"),
        (g().floor("0%"), "has a floor of 0%"),
        (g().floor("101%"), "has a floor that is none: share \"101%\""),
        (g().floor("0.1"), "has a floor that is none: share \"0.1\""),
        (g().window("5s".parse().unwrap()), "looks at a window of 5s: expected 10s"),
        (g().window("7h".parse().unwrap()), "looks at a window of 7h"),
        (g().retry_after(Duration::ZERO), "come again after 0ns: expected 1s to 1d"),
        (g().retry_after(Duration::from_millis(1_500)), "come again after 1.5s"),
        (g().retry_after(Duration::from_secs(100_000)), "come again after"),
    ] {
        check(shop().guard(guard), expected);
    }
    check(shop().guard(g()).guard(g()), "guard \"g\" is there twice");
    for guard in [
        g(),
        g().above("99.999").floor("0.001%").window(Window::H6).retry_after(Window::D1.duration()),
        g().above("1").floor("100%").window("10s".parse().unwrap()).classes(["low"]),
    ] {
        assert!(shop().guard(guard.clone()).build().is_ok(), "{guard:?}");
    }
}

#[test]
fn a_feature_that_could_not_do_what_it_says_is_refused_by_name() {
    let f = || FeatureGuard::new("f", "ok");
    for (feature, expected) in [
        (FeatureGuard::new("f", "okay"), "feature \"f\" looks at SLO \"okay\""),
        (FeatureGuard::new("f", "slices"), "which counts slices"),
        (FeatureGuard::new("", "ok"), "feature \"\" has a name"),
        (f().above("0.5"), "acts above 0.5 times"),
        (f().above("x"), "is not a plain number"),
        (f().window("7d".parse().unwrap()), "looks at a window of 7d"),
    ] {
        check(shop().feature(feature), expected);
    }
    check(shop().feature(f()).feature(f().above("3")), "feature \"f\" is there twice");
    assert!(shop().feature(f().min_bad(0)).build().is_ok());
}
