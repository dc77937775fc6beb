//! Tests of the plant: it settles, it keeps its water, its alarms come and go, and it does so again with the same seed.

use super::water::TANK_L;
use super::*;
use proptest::prelude::*;

const TICK: Duration = Duration::from_millis(250);

/// Lets so many seconds pass and tells of every tick.
fn pass(plant: &mut Process, seconds: u64, mut see: impl FnMut(&Process)) {
    for _ in 0..seconds * 4 {
        plant.step(TICK);
        see(plant);
    }
}

#[test]
fn the_oven_follows_its_setpoint_with_an_overshoot_and_settles() {
    let mut plant = Process::alone(1);
    for setpoint in [200.0, 240.0, 180.0] {
        let started_c = plant.oven.air_c;
        plant.set_setpoint(setpoint);
        let mut beyond: f64 = 0.0;
        pass(&mut plant, 300, |plant| {
            beyond = beyond.max((plant.oven.air_c - setpoint) * (setpoint - started_c).signum());
            assert!((0.0..=100.0).contains(&plant.oven.power_percent));
        });
        assert!((2.0..15.0).contains(&beyond), "{beyond} beyond {setpoint}");
        pass(&mut plant, 60, |plant| {
            assert!((plant.oven.air_c - setpoint).abs() < 1.0, "{} for {setpoint}", plant.oven.air_c);
            assert!((plant.oven.measured_c - plant.oven.air_c).abs() <= 0.4);
        });
    }
}

#[test]
fn an_open_door_costs_heat() {
    let mut plant = Process::alone(1);
    pass(&mut plant, 400, |_| ());
    let closed = plant.oven.power_percent;
    plant.oven.is_door_open = true;
    pass(&mut plant, 5, |_| ());
    assert!(plant.oven.air_c < 195.0 && plant.oven.power_percent > closed);
}

#[test]
fn the_alarm_of_the_tank_comes_and_goes_while_somebody_works_there() {
    let mut plant = Process::new(7);
    let (mut seen, mut before) = (Vec::new(), plant.alarm());
    pass(&mut plant, 1800, |plant| {
        if plant.alarm() != before {
            before = plant.alarm();
            seen.push(before);
        }
    });
    let high = Alarm { text: "Tank level high", severity: 500 };
    let calm = Alarm { text: "", severity: 0 };
    assert!(seen.len() >= 6, "{seen:?}");
    for (at, alarm) in seen.iter().enumerate() {
        assert_eq!(*alarm, if at % 2 == 0 { high } else { calm });
    }
}

#[test]
fn an_oven_that_is_set_too_hot_says_so_before_the_tank_does() {
    let mut plant = Process::alone(1);
    plant.set_setpoint(10_000.0);
    plant.set_valve(0.0);
    plant.set_pump(true);
    pass(&mut plant, 200, |_| ());
    assert_eq!(plant.oven.setpoint_c, SETPOINT_C.1);
    assert_eq!(plant.alarm(), Alarm { text: "Oven too hot", severity: 800 });
    assert_eq!(plant.water.level_l, TANK_L);
    plant.set_setpoint(100.0);
    pass(&mut plant, 200, |_| ());
    assert_eq!(plant.alarm().text, "Tank level high");
}

#[test]
fn parts_are_made_while_the_oven_is_right() {
    let mut plant = Process::alone(1);
    pass(&mut plant, 5, |_| ());
    assert_eq!(plant.parts, 0);
    pass(&mut plant, 400, |_| ());
    let made = plant.parts;
    pass(&mut plant, 80, |_| ());
    assert_eq!(plant.parts - made, 10);
    plant.oven.is_door_open = true;
    pass(&mut plant, 80, |_| ());
    assert_eq!(plant.parts - made, 10);
}

#[test]
fn what_a_client_sets_stays_for_a_while() {
    let mut plant = Process::new(3);
    pass(&mut plant, 600, |_| ());
    plant.set_setpoint(123.0);
    plant.set_valve(7.0);
    pass(&mut plant, 179, |plant| assert_eq!((plant.oven.setpoint_c, plant.water.valve_percent), (123.0, 7.0)));
    pass(&mut plant, 400, |_| ());
    assert!(plant.oven.setpoint_c != 123.0 && plant.water.valve_percent != 7.0);
}

#[test]
fn the_same_seed_gives_the_same_plant_and_another_gives_another() {
    let [mut one, mut two, mut other] = [Process::new(5), Process::new(5), Process::new(6)];
    for plant in [&mut one, &mut two, &mut other] {
        pass(plant, 300, |_| ());
    }
    assert_eq!(one, two);
    assert_ne!(one.oven.measured_c, other.oven.measured_c);
}

#[test]
fn a_machine_that_slept_finds_the_plant_as_it_was_some_seconds_later() {
    let [mut one, mut two] = [Process::alone(5), Process::alone(5)];
    one.step(Duration::from_secs(1_000_000));
    two.step(LONGEST);
    assert_eq!(one, two);
}

proptest! {
    #[test]
    fn the_tank_never_runs_over_or_under_whatever_is_set(
        seed: u64,
        settings in prop::collection::vec((any::<f64>(), any::<f64>(), any::<bool>(), 1u64..200), 1..8),
    ) {
        let mut plant = Process::new(seed);
        for (setpoint, valve, pump, seconds) in settings {
            if !setpoint.is_nan() { plant.set_setpoint(setpoint); }
            if !valve.is_nan() { plant.set_valve(valve); }
            plant.set_pump(pump);
            pass(&mut plant, seconds, |plant| {
                assert!((0.0..=TANK_L).contains(&plant.water.level_l) && (0.0..=TANK_L).contains(&plant.water.measured_l));
                assert!((0.0..=1450.0).contains(&plant.water.rpm) && plant.water.flow >= 0.0 && plant.water.pressure_bar >= 0.0);
                assert!((20.0..500.0).contains(&plant.oven.air_c), "{}", plant.oven.air_c);
            });
        }
    }
}
