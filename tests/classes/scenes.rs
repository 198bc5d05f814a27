//! Random definitions and random events: whatever the definition, each event is in one class, and each SLO sees its own.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use goodput::{Goodput, RequestClass, SliLayer, Slo, Timeline};
use http::{Request, Response, StatusCode};
use proptest::prelude::*;
use tower::{Layer, ServiceExt, service_fn};

use crate::{by_class, by_slo};

/// A random definition, and events as (route, layer's class, request's class, whether it fails).
#[derive(Clone, Debug)]
struct Scene {
    /// For each route, the number of the class it is given, if there is one of that number.
    route_classes: Vec<usize>,
    /// For each SLO, the classes it selects, as bits.
    slos: Vec<u8>,
    /// How many classes are declared.
    classes: usize,
    events: Vec<(usize, usize, usize, bool)>,
}

const NAMES: [&str; 8] = ["c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7"];
const ROUTES: [&str; 4] = ["/r0", "/r1", "/r2", "/r3"];

fn scene() -> impl Strategy<Value = Scene> {
    (1..=8_usize).prop_flat_map(|classes| {
        let event = (0..ROUTES.len(), 0..=classes, 0..=classes, any::<bool>());
        let route_classes = prop::collection::vec(0..=classes, ROUTES.len());
        let slos = prop::collection::vec(any::<u8>(), 1..6);
        let events = prop::collection::vec(event, 0..80);
        (route_classes, slos, events).prop_map(move |(route_classes, slos, events)| Scene {
            route_classes,
            slos,
            classes,
            events,
        })
    })
}

impl Scene {
    fn selected(&self, slo: u8) -> Vec<&'static str> {
        (0..self.classes).filter(|class| slo & (1 << class) != 0).map(|class| NAMES[class]).collect()
    }

    fn build(&self) -> Goodput {
        let builder =
            Goodput::builder("scene").timeline(Timeline::manual().0).classes(NAMES.into_iter().take(self.classes));
        let builder = self.route_classes.iter().zip(ROUTES).fold(builder, |builder, (class, route)| {
            if *class < self.classes { builder.class_routes(NAMES[*class], [route]) } else { builder }
        });
        let slos = self.slos.iter().enumerate().map(|(number, slo)| (number, self.selected(*slo)));
        let slos = slos.filter(|(_, selected)| !selected.is_empty());
        let builder = builder.slo(Slo::availability("all", "99%"));
        slos.fold(builder, |builder, (number, selected)| {
            builder.slo(Slo::availability(format!("slo-{number}"), "99%").classes(selected))
        })
        .build()
        .unwrap()
    }

    /// The class of an event, by its number; beyond those declared for none.
    fn class(&self, (route, layer, request, _): (usize, usize, usize, bool)) -> usize {
        [request, layer, self.route_classes[route]]
            .into_iter()
            .find(|class| *class < self.classes)
            .unwrap_or(usize::MAX)
    }

    async fn play(&self, goodput: &Arc<Goodput>) {
        let served = service_fn(async |request: Request<bool>| {
            let status = if *request.body() { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
            let mut response = Response::new(String::new());
            *response.status_mut() = status;
            Ok::<_, Infallible>(response)
        });
        for &(route, layer, request, fails) in &self.events {
            let mut sli = SliLayer::new(Arc::clone(goodput)).route(ROUTES[route]);
            if layer < self.classes {
                sli = sli.class(NAMES[layer]);
            }
            let mut asked = Request::new(fails);
            if request < self.classes {
                asked.extensions_mut().insert(RequestClass(NAMES[request]));
            }
            sli.layer(served).oneshot(asked).await.unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_the_definition_each_event_is_in_one_class_and_each_slo_sees_its_own(scene in scene()) {
        let goodput = Arc::new(scene.build());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(scene.play(&goodput));

        let mut routes: BTreeMap<String, u64> = BTreeMap::new();
        for event in &scene.events {
            let class = NAMES[..scene.classes].get(scene.class(*event)).unwrap_or(&"-");
            *routes.entry(format!("{} {class}", ROUTES[event.0])).or_default() += 1;
        }
        prop_assert_eq!(by_class(&goodput), routes);
        let seen_by = |selects: &dyn Fn(usize) -> bool| {
            let fails = scene.events.iter().filter(|event| selects(scene.class(**event))).map(|event| event.3);
            fails.fold([0, 0, 0], |[good, bad, none], fails| [good + u64::from(!fails), bad + u64::from(fails), none])
        };
        for (slo, counts) in by_slo(&goodput) {
            let bits = slo.strip_prefix("slo-").map(|number| scene.slos[number.parse::<usize>().unwrap()]);
            let selects = |class: usize| bits.is_none_or(|bits| class < scene.classes && bits & (1 << class) != 0);
            prop_assert_eq!(counts, seen_by(&selects), "{}", slo);
        }
    }
}
