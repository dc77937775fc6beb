//! A value as another type, when nothing of it is lost by that: for nodes whose type a client does not name exactly.

use opcua::types::{Array, Variant, VariantScalarTypeId};

/// The same value as the built-in type of this number, a scalar or an array as the node has it. `None`: it would not be
/// the same value. Numbers are converted, whole or not, when the other type has exactly that number, or for a Double a Float
/// whose shortest text is the Double's; a list stays a list.
pub fn fit(value: &Variant, data_type: u8, is_array: bool) -> Option<Variant> {
    let kind = VariantScalarTypeId::try_from(u32::from(data_type)).ok()?;
    match value {
        Variant::Array(array) if is_array => {
            let values = array.values.iter().map(|element| scalar(element, kind)).collect::<Option<Vec<_>>>()?;
            // Empty arrays are never given dimensions.
            let dimensions = array.dimensions.clone().filter(|_| !values.is_empty());
            let fitted = match dimensions {
                Some(dimensions) => Array::new_multi(kind, values, dimensions),
                None => Array::new(kind, values),
            };
            fitted.ok().map(|array| Variant::Array(Box::new(array)))
        }
        Variant::Array(_) => None,
        _ if is_array => None,
        value => scalar(value, kind),
    }
}

/// A number without its type.
enum Number {
    Whole(i128),
    Real(f64),
}

fn number(value: &Variant) -> Option<Number> {
    Some(match value {
        Variant::SByte(value) => Number::Whole((*value).into()),
        Variant::Byte(value) => Number::Whole((*value).into()),
        Variant::Int16(value) => Number::Whole((*value).into()),
        Variant::UInt16(value) => Number::Whole((*value).into()),
        Variant::Int32(value) => Number::Whole((*value).into()),
        Variant::UInt32(value) => Number::Whole((*value).into()),
        Variant::Int64(value) => Number::Whole((*value).into()),
        Variant::UInt64(value) => Number::Whole((*value).into()),
        Variant::Float(value) => Number::Real((*value).into()),
        Variant::Double(value) => Number::Real(*value),
        _ => return None,
    })
}

fn scalar(value: &Variant, kind: VariantScalarTypeId) -> Option<Variant> {
    if value.scalar_type_id() == Some(kind) {
        return Some(value.clone());
    }
    let number = number(value)?;
    match kind {
        VariantScalarTypeId::SByte => whole(&number).map(Variant::SByte),
        VariantScalarTypeId::Byte => whole(&number).map(Variant::Byte),
        VariantScalarTypeId::Int16 => whole(&number).map(Variant::Int16),
        VariantScalarTypeId::UInt16 => whole(&number).map(Variant::UInt16),
        VariantScalarTypeId::Int32 => whole(&number).map(Variant::Int32),
        VariantScalarTypeId::UInt32 => whole(&number).map(Variant::UInt32),
        VariantScalarTypeId::Int64 => whole(&number).map(Variant::Int64),
        VariantScalarTypeId::UInt64 => whole(&number).map(Variant::UInt64),
        VariantScalarTypeId::Float => {
            let value = real(&number)?;
            let short = value as f32;
            // Or it was written as the Float is: who sends 0.1 means the Float that is told as 0.1. A whole number means itself.
            let is_told_so = matches!(number, Number::Real(_)) && short.to_string() == value.to_string();
            let is_same = f64::from(short) == value || value.is_nan() || is_told_so;
            is_same.then_some(Variant::Float(short))
        }
        VariantScalarTypeId::Double => real(&number).map(Variant::Double),
        _ => None,
    }
}

fn whole<T: TryFrom<i128>>(number: &Number) -> Option<T> {
    let value = match number {
        Number::Whole(value) => *value,
        // Far beyond any of the types the conversion stops at its own ends, which are out of their ranges too.
        Number::Real(value) if value.fract() == 0.0 => *value as i128,
        Number::Real(_) => return None,
    };
    T::try_from(value).ok()
}

fn real(number: &Number) -> Option<f64> {
    match number {
        Number::Real(value) => Some(*value),
        Number::Whole(value) => {
            let real = *value as f64;
            (real as i128 == *value).then_some(real)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(value: impl Into<Variant>, to: u8) -> Option<Variant> {
        fit(&value.into(), to, false)
    }

    #[test]
    fn numbers_fit_when_nothing_is_lost() {
        assert_eq!(fits(300i32, 4), Some(Variant::Int16(300)));
        assert_eq!(fits(300i32, 3), None);
        assert_eq!(fits(-1i32, 7), None);
        assert_eq!(fits(u64::MAX, 8), None);
        assert_eq!(fits(21.0f64, 6), Some(Variant::Int32(21)));
        assert_eq!(fits(21.5f64, 6), None);
        assert_eq!(fits(1e300f64, 9), None);
        assert_eq!(fits(18_446_744_073_709_551_616.0f64, 9), None);
        assert_eq!(fits(f64::NAN, 6), None);
        assert_eq!(fits(f64::INFINITY, 8), None);
        assert_eq!(fits(7i32, 11), Some(Variant::Double(7.0)));
        assert_eq!(fits(i64::MAX, 11), None);
        assert_eq!(fits(1i64 << 60, 11), Some(Variant::Double((1u64 << 60) as f64)));
        assert_eq!(fits(16_777_217i32, 10), None);
        assert_eq!(fits(-120_113_170i32, 10), None, "the nearest Float is told so, and is another number");
        assert_eq!(fits(16_777_216i32, 10), Some(Variant::Float(16_777_216.0)));
        assert_eq!(fits(0.5f64, 10), Some(Variant::Float(0.5)));
        assert_eq!(fits(0.1f64, 10), Some(Variant::Float(0.1)));
        assert_eq!(fits(-3.4028235e38f64, 10), Some(Variant::Float(f32::MIN)));
        assert_eq!(fits(0.123456789f64, 10), None, "a Float would not say all of it");
        assert_eq!(fits(16_777_217.0f64, 10), None);
        assert_eq!(fits(1e-46f64, 10), None);
        assert_eq!(fits(1e300f64, 10), None);
        assert!(matches!(fits(f64::NAN, 10), Some(Variant::Float(value)) if value.is_nan()));
        assert_eq!(fits(f64::NEG_INFINITY, 10), Some(Variant::Float(f32::NEG_INFINITY)));
        assert_eq!(fits(0.1f32, 11), Some(Variant::Double(f64::from(0.1f32))));
    }

    #[test]
    fn other_types_fit_themselves_only() {
        assert_eq!(fits("1", 6), None);
        assert_eq!(fits(true, 6), None);
        assert_eq!(fits(1i32, 1), None);
        assert_eq!(fits("a", 12), Some(Variant::from("a")));
        assert_eq!(fits(Variant::Empty, 12), None);
        assert_eq!(fits(1i32, 0), None);
        assert_eq!(fits(1i32, 99), None);
    }

    #[test]
    fn lists_stay_lists() {
        let list = |values: Vec<i32>| Variant::from(values);
        assert_eq!(fit(&list(vec![1, 2]), 11, true), Some(Variant::from(vec![1.0f64, 2.0])));
        assert_eq!(fit(&list(vec![1, 300]), 3, true), None);
        assert_eq!(fit(&list(vec![1]), 6, false), None);
        assert_eq!(fit(&Variant::from(vec![0.1f64, 2.8]), 10, true), Some(Variant::from(vec![0.1f32, 2.8])));
        assert_eq!(fit(&Variant::from(1i32), 6, true), None);
        let Some(Variant::Array(empty)) = fit(&list(vec![]), 11, true) else { panic!("no array") };
        assert_eq!((empty.value_type, empty.dimensions), (VariantScalarTypeId::Double, None));
        let matrix = Array::new_multi(VariantScalarTypeId::Int32, vec![Variant::from(1i32); 4], [2u32, 2]).unwrap();
        let Some(Variant::Array(matrix)) = fit(&Variant::from(matrix), 11, true) else { panic!("no array") };
        assert_eq!(matrix.dimensions, Some(vec![2, 2]));
    }
}
