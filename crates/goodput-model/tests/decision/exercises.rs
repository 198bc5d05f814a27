//! The exercises of the sources.

use crate::*;

/// Twelve minutes left of 43.2, and a 20 % chance of five minutes: one minute is expected, 8 % of what is left, and at worst it
/// takes 42 %. "The math says no" is wrong; what says no is the band.
#[test]
fn twelve_minutes_left_and_a_fifth_of_five_minutes() {
    let case = case(vec![slo(0, 0, 31_200)]);
    let estimate = ReleaseCost::new(0.2, Duration::from_secs(300));
    let decision = case.decide_at_cost(feature(Risk::Medium), estimate);
    assert_eq!(
        decision.cost.to_string(),
        "1m expected (8.3 % of what is left), 5m at worst (41.7 %); 12m of total outage left"
    );
    assert!(!decision.cost.does_not_fit());
    assert_eq!(decision.action, Action::Review, "27.8 % left is yellow\n{decision}");
}

/// 70 % consumed and a change of 10 % risk: of half an hour, three minutes are expected of the 12m 57s left, and at worst it
/// does not fit.
#[test]
fn seventy_percent_consumed_and_a_tenth_of_half_an_hour() {
    let mut case = case(vec![slo(0, 0, 30_240)]);
    let estimate = ReleaseCost::new(0.1, Duration::from_secs(1_800));
    let decision = case.decide_at_cost(feature(Risk::Medium), estimate);
    assert_eq!(
        decision.cost.to_string(),
        "3m expected (23.1 % of what is left), 30m at worst (231.5 %); 12m 57s of total outage left"
    );
    assert!(decision.cost.does_not_fit());
    assert_eq!(decision.action, Action::Review);
    assert!(decision.to_string().contains("it can be undone within 12m 57s"), "{decision}");

    for (preset, action) in [
        ("75/25", Action::Review),
        ("50/10/0", Action::Review),
        ("50/20", Action::Review),
        ("alert-50-freeze-90", Action::Review),
    ] {
        case.bands = BudgetBands::preset(preset).unwrap();
        assert_eq!(case.decide(feature(Risk::Medium)).action, action, "{preset}");
    }
}

/// 18 % left and a risky refactoring: red under 75/25 and 50/20 (freeze), yellow under the others. High risk alone asks for a
/// review.
#[test]
fn eighteen_percent_left_and_a_risky_refactoring() {
    let mut case = case(vec![slo(0, 0, 35_424)]);
    for (preset, action) in [
        ("75/25", Action::Block),
        ("50/20", Action::Block),
        ("50/10/0", Action::Review),
        ("alert-50-freeze-90", Action::Review),
    ] {
        case.bands = BudgetBands::preset(preset).unwrap();
        assert_eq!(case.decide(feature(Risk::High)).action, action, "{preset}");
    }
    // The refactoring waits, and what mends the service does not.
    case.bands = BudgetBands::preset("75/25").unwrap();
    assert_eq!(case.decide(Change::new(ChangeKind::Fix, Risk::Low)).gate(), GateCode::Review);
}
