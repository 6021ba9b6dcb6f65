//! Reads tensors whose values are lists in the JSON part of a request.

use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess};

use super::plan::TensorPlan;
use crate::JsonKind;
use crate::cell::JsonCellReader;
use crate::kinds::{JsonHandler, JsonInteger, JsonVisitor};
use crate::reader::RowReader;

/// Every whole number up to it is a 64-bit float.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// Reads an inference request, or the member with its tensors.
pub(super) struct ListedTensors<'a, 'c, 'h> {
    pub(super) reader: &'a mut RowReader<'c>,
    pub(super) plans: &'a [TensorPlan<'h>],
}

impl<'de> JsonHandler<'de> for ListedTensors<'_, '_, '_> {
    fn unfit<E: Error>(self, _found: JsonKind) -> Result<(), E> {
        Err(E::custom("the head was read before"))
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let Self { reader, plans } = self;
        while let Some(name) = object.next_key::<String>()? {
            if name == "inputs" {
                object.next_value_seed(JsonVisitor(ListedTensors { reader: &mut *reader, plans }))?;
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        for plan in self.plans {
            list.next_element_seed(JsonVisitor(ListedTensor { reader: &mut *self.reader, plan }))?;
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

struct ListedTensor<'a, 'c, 'h> {
    reader: &'a mut RowReader<'c>,
    plan: &'a TensorPlan<'h>,
}

impl<'de> JsonHandler<'de> for ListedTensor<'_, '_, '_> {
    fn unfit<E: Error>(self, _found: JsonKind) -> Result<(), E> {
        Err(E::custom("the head was read before"))
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let Self { reader, plan } = self;
        while let Some(name) = object.next_key::<String>()? {
            if name != "data" || plan.binary_size.is_some() {
                object.next_value::<IgnoredAny>()?;
                continue;
            }
            let mut next = 0;
            object.next_value_seed(JsonVisitor(Element { reader: &mut *reader, plan, next: &mut next }))?;
            reader.leave_column();
            if next != plan.values {
                return Err(plan.refuse_length(reader));
            }
        }
        Ok(())
    }
}

/// Reads a value of a tensor, or a list of values.
struct Element<'a, 'c, 'h> {
    reader: &'a mut RowReader<'c>,
    plan: &'a TensorPlan<'h>,
    /// Index of the next value in the tensor.
    next: &'a mut usize,
}

impl<'a, 'c> Element<'a, 'c, '_> {
    fn cell<E: Error>(self) -> Result<Option<JsonCellReader<'a, 'c>>, E> {
        let index = *self.next;
        *self.next += 1;
        self.plan.cell(self.reader, index)
    }
}

impl<'de> JsonHandler<'de> for Element<'_, '_, '_> {
    fn unfit<E: Error>(self, found: JsonKind) -> Result<(), E> {
        self.cell()?.map_or(Ok(()), |cell| cell.unfit(found))
    }

    fn null<E: Error>(self) -> Result<(), E> {
        self.cell()?.map_or(Ok(()), |cell| cell.null())
    }

    fn boolean<E: Error>(self, value: bool) -> Result<(), E> {
        self.cell()?.map_or(Ok(()), |cell| cell.boolean(value))
    }

    fn number<E: Error>(self, number: f64, whole: Option<JsonInteger>) -> Result<(), E> {
        // A tensor of floats may hold whole numbers that are categories.
        let whole = whole.or_else(|| whole_of(number));
        self.cell()?.map_or(Ok(()), |cell| cell.number(number, whole))
    }

    fn string<E: Error>(self, text: &str) -> Result<(), E> {
        self.cell()?.map_or(Ok(()), |cell| cell.string(text))
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { reader, plan, next } = self;
        while list.next_element_seed(JsonVisitor(Element { reader: &mut *reader, plan, next: &mut *next }))?.is_some() {
        }
        Ok(())
    }
}

/// Returns a whole number of a float. `None` if it has a fraction or is too large to be sure.
pub(super) fn whole_of(number: f64) -> Option<JsonInteger> {
    (number.fract() == 0.0 && number.abs() < WHOLE).then(|| JsonInteger::signed(number as i64))
}
