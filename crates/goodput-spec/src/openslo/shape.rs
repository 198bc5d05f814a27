//! Every field of OpenSLO v1, in one table for each kind of mapping, and what becomes of it here.
//!
//! After the [specification](https://github.com/OpenSLO/OpenSLO#specification) and the rules of its
//! [SDK](https://github.com/OpenSLO/go-sdk); where the two differ, a field is required only if both say so.

/// A mapping with known fields.
#[derive(Debug)]
pub(super) struct Shape {
    /// Where it stands in what it is part of: `spec`. Empty for what is named by itself.
    pub(super) name: &'static str,
    pub(super) fields: &'static [Field],
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) fate: Fate,
}

/// What becomes of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Read, and missed where it is not.
    Required,
    /// Read where it is.
    Read,
    /// Of no consequence: what it says holds anyway.
    Ignored,
    /// Nothing here has a place for it, which is said.
    Dropped,
}

impl Shape {
    /// In messages: `spec of SLO "checkout-ok"`.
    pub(super) fn within(&self, of: &str) -> String {
        if self.name.is_empty() { of.to_owned() } else { format!("{} of {of}", self.name) }
    }

    pub(super) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

const fn required(name: &'static str) -> Field {
    Field { name, fate: Fate::Required }
}

const fn read(name: &'static str) -> Field {
    Field { name, fate: Fate::Read }
}

const fn dropped(name: &'static str) -> Field {
    Field { name, fate: Fate::Dropped }
}

/// The longest description, in characters.
pub(super) const LONGEST_DESCRIPTION: usize = 1_050;
/// The longest name, and the longest key of a label or annotation, in bytes.
pub(super) const LONGEST_NAME: usize = 63;

pub(super) static OBJECT: Shape =
    Shape { name: "", fields: &[required("apiVersion"), required("kind"), required("metadata"), required("spec")] };

pub(super) static METADATA: Shape = Shape {
    name: "metadata",
    fields: &[required("name"), dropped("displayName"), dropped("labels"), dropped("annotations")],
};

pub(super) static SERVICE_METADATA: Shape = Shape {
    name: "metadata",
    fields: &[required("name"), dropped("displayName"), read("labels"), dropped("annotations")],
};

pub(super) static SLO_METADATA: Shape = Shape {
    name: "metadata",
    fields: &[required("name"), dropped("displayName"), dropped("labels"), read("annotations")],
};

pub(super) static SERVICE: Shape = Shape { name: "spec", fields: &[read("description")] };

pub(super) static DATA_SOURCE: Shape =
    Shape { name: "spec", fields: &[dropped("description"), required("type"), required("connectionDetails")] };

pub(super) static SLO: Shape = Shape {
    name: "spec",
    fields: &[
        read("description"),
        required("service"),
        read("indicator"),
        read("indicatorRef"),
        read("timeWindow"),
        required("budgetingMethod"),
        required("objectives"),
        read("alertPolicies"),
    ],
};

pub(super) static OBJECTIVE: Shape = Shape {
    name: "an item of objectives",
    fields: &[
        dropped("displayName"),
        read("op"),
        read("value"),
        read("target"),
        read("targetPercent"),
        read("timeSliceTarget"),
        read("timeSliceWindow"),
        read("indicator"),
        read("indicatorRef"),
        read("compositeWeight"),
    ],
};

pub(super) static TIME_WINDOW: Shape =
    Shape { name: "an item of timeWindow", fields: &[required("duration"), read("isRolling"), read("calendar")] };

pub(super) static CALENDAR: Shape = Shape { name: "calendar", fields: &[required("startTime"), required("timeZone")] };

pub(super) static INLINE_SLI: Shape = Shape { name: "indicator", fields: &[required("metadata"), required("spec")] };

pub(super) static SLI: Shape =
    Shape { name: "spec", fields: &[read("description"), read("thresholdMetric"), read("ratioMetric")] };

pub(super) static RATIO: Shape = Shape {
    name: "ratioMetric",
    fields: &[
        Field { name: "counter", fate: Fate::Ignored },
        read("good"),
        read("bad"),
        read("total"),
        read("rawType"),
        read("raw"),
    ],
};

pub(super) static METRIC: Shape = Shape { name: "", fields: &[required("metricSource")] };

pub(super) static SOURCE: Shape =
    Shape { name: "metricSource", fields: &[read("metricSourceRef"), read("type"), required("spec")] };

pub(super) static POLICY_REF: Shape = Shape { name: "an item of alertPolicies", fields: &[required("alertPolicyRef")] };
pub(super) static CONDITION_REF: Shape = Shape { name: "an item of conditions", fields: &[required("conditionRef")] };
pub(super) static TARGET_REF: Shape =
    Shape { name: "an item of notificationTargets", fields: &[required("targetRef")] };

/// An object inside another one.
pub(super) static INLINE: Shape =
    Shape { name: "", fields: &[required("kind"), required("metadata"), required("spec")] };

pub(super) static POLICY: Shape = Shape {
    name: "spec",
    fields: &[
        dropped("description"),
        read("alertWhenNoData"),
        read("alertWhenResolved"),
        read("alertWhenBreaching"),
        required("conditions"),
        required("notificationTargets"),
    ],
};

pub(super) static CONDITION: Shape =
    Shape { name: "spec", fields: &[dropped("description"), required("severity"), required("condition")] };

pub(super) static BURN: Shape = Shape {
    name: "condition",
    fields: &[read("kind"), required("op"), required("threshold"), required("lookbackWindow"), read("alertAfter")],
};

pub(super) static TARGET: Shape = Shape { name: "spec", fields: &[required("target"), dropped("description")] };
