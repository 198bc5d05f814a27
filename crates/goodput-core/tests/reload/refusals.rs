//! A reload that is refused says why, and nothing has changed.

use std::time::Duration;

use goodput_core::{Definition, Period, ReloadError, RouteClass, Slo};

use super::{House, fast, ok, shop};

/// What a person would see of the instance.
fn all_of(house: &House) -> (String, String) {
    (format!("{:?}", house.goodput.definition()), house.goodput.status().to_string())
}

/// Refused, with these words, and all as before.
fn refused(house: &House, definition: Definition, words: &[&str]) {
    let before = all_of(house);
    let error = house.goodput.reload(definition).unwrap_err();
    for word in words {
        assert!(error.to_string().contains(word), "{word:?} in {error}");
    }
    assert_eq!(all_of(house), before, "{error}");
}

fn with(change: impl FnOnce(&mut Definition)) -> Definition {
    let mut definition = house_definition();
    change(&mut definition);
    definition
}

fn house_definition() -> Definition {
    let mut definition = shop([ok(), fast(100)]);
    definition.max_routes = 10;
    definition.classes = vec!["high".to_owned(), "low".to_owned()];
    definition.route_classes = vec![RouteClass { route: "/search".to_owned(), class: "low".to_owned() }];
    definition
}

#[test]
fn what_does_not_hold_or_does_not_fit_is_refused_by_name_and_nothing_changes() {
    let house = House::new(house_definition());
    house.serve("/a", 500);
    house.serve("/search", 200);
    let bad_slo = Slo::availability("bad", "101%");
    refused(&house, with(|d| d.slos.extend([ok(), bad_slo])), &["\"ok\" is defined twice", "\"bad\"", "101%"]);
    refused(&house, with(|d| d.service = "store".to_owned()), &["\"store\"", "expected \"shop\""]);
    refused(
        &house,
        with(|d| d.classes.push("mid".to_owned())),
        &["classes", "\"mid\"", "expected [\"high\", \"low\"]"],
    );
    refused(&house, with(|d| d.classes.reverse()), &["classes", "expected [\"high\", \"low\"]"]);
    refused(&house, with(|d| d.route_classes.clear()), &["route \"/search\" is in use", "class"]);
    let other_class = RouteClass { route: "/a".to_owned(), class: "high".to_owned() };
    refused(&house, with(|d| d.route_classes.push(other_class)), &["route \"/a\" is in use", "class"]);
    // 10 routes in 3 classes take 120 slots; there are 128.
    refused(&house, with(|d| d.max_routes = 11), &["11 routes", "at most 10"]);
    let long = ok().period(Period::days(90).unwrap());
    refused(&house, with(|d| d.slos[0] = long), &["slot plan", "90d"]);
    let thresholds = |n: u64| Slo::latency(format!("l{n}"), "99%", Duration::from_millis(n + 1));
    refused(&house, with(|d| d.slos.extend((0..5_000).map(thresholds))), &["l1", "4096 classes"]);
}

#[test]
fn a_route_that_is_named_has_to_find_a_place_beside_those_in_use() {
    let mut definition = shop([ok()]);
    definition.max_routes = 3;
    let house = House::new(definition.clone());
    house.serve_all(["/a", "/b"], 200);
    definition.slos.push(fast(100).routes(["/c", "/d"]));
    refused(&house, definition.clone(), &["route \"/d\" has no place", "at most 3"]);
    definition.slos[1] = fast(100).routes(["/b", "/d"]);
    house.goodput.reload(definition).unwrap();
    house.serve("/d", 200);
    assert_eq!(house.counts("fast"), [(1, 0), (1, 0)]);
}

#[test]
fn the_thirty_third_set_of_rules_of_a_route_is_refused_and_a_former_one_is_not() {
    let house = House::new(shop([ok(), fast(100)]));
    for version in 1..32 {
        house.serve("/a", 200);
        house.goodput.reload(shop([ok(), fast(100 + version)])).unwrap();
    }
    house.serve("/a", 200);
    refused(&house, shop([ok(), fast(400)]), &["\"/a\" has had 32 sets of rules"]);
    refused(&house, shop([ok(), fast(400), Slo::quality("whole", "99%")]), &["has had 32 sets of rules"]);
    // Neither a route that is known nor one that is not has heard of it.
    house.serve_all(["/a", "/new"], 200);
    assert_eq!(house.counts("fast"), [(34, 0), (3, 0)]);
    for version in (0..32).cycle().take(100) {
        house.goodput.reload(shop([ok(), fast(100 + version)])).unwrap();
        house.serve("/a", 200);
    }
    assert_eq!(house.counts("fast")[0], (134, 0));
    // The window of an SLO that came back sees what it has counted since.
    assert_eq!(house.counts("fast")[1], (1, 0));
    house.goodput.reload(shop([Slo::availability("ok", "90%"), fast(103)])).unwrap();
}

#[test]
fn reloads_take_at_most_64_mib() {
    const ROUTES: usize = 4_000;
    let definition = |version: u64| {
        let mut definition = shop([ok(), fast(100 + version)]);
        definition.max_routes = ROUTES;
        definition
    };
    let house = House::new(definition(0));
    let routes: Vec<String> = (0..ROUTES).map(|n| format!("/{n}")).collect();
    let (mut version, mut made) = (0, 0);
    let error = loop {
        house.serve_all(routes.iter().map(String::as_str), 200);
        version += 1;
        match house.goodput.reload(definition(version)) {
            Ok(reload) => made += reload.routes,
            Err(error) => break error,
        }
    };
    let ReloadError::TooMuchMemory { bytes, limit } = error else { panic!("{error}") };
    assert_eq!(limit, 64 << 20);
    // It is refused where one more would be too much: each version takes two to eight KiB.
    let each = bytes / (made + ROUTES);
    assert!(bytes > limit && bytes - each * (ROUTES + 2) <= limit && (2 << 10..8 << 10).contains(&each), "{each}");
    refused(&house, definition(version), &["bytes of tables and cells", "at most 67108864"]);
    house.goodput.reload(definition(version - 2)).unwrap();
}
