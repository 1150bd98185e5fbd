// SPDX-License-Identifier: MIT
package main

import (
	"fmt"
	"reflect"

	"github.com/openai/openai-go/v3/packages/respjson"
)

// missing names the members that the SDK calls required and that did not come.
var missing = map[string]bool{}

// judge fails if the value, or one inside it, has a member of another type than
// the SDK's, and notes those that are missing.
func judge(value any) {
	if value != nil {
		judgeValue(reflect.ValueOf(value))
	}
}

func judgeValue(value reflect.Value) {
	switch value.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !value.IsNil() {
			judgeValue(value.Elem())
		}
	case reflect.Slice:
		for at := range value.Len() {
			judgeValue(value.Index(at))
		}
	case reflect.Struct:
		variant := value.MethodByName("AsAny")
		if !variant.IsValid() {
			judgeStruct(value)
		} else if chosen := variant.Call(nil)[0]; chosen.IsNil() {
			panic(fmt.Sprintf("none of %s: %+v", value.Type(),
				value))
		} else {
			judgeValue(chosen)
		}
	}
}

func judgeStruct(value reflect.Value) {
	fields := value.FieldByName("JSON")
	if !fields.IsValid() {
		return
	}
	for at := range value.NumField() {
		of := value.Type().Field(at)
		known := fields.FieldByName(of.Name)
		if !known.IsValid() {
			continue
		}
		field := known.Interface().(respjson.Field)
		absent := field.Raw() == "" || field.Raw() == "null"
		name := value.Type().String() + "." + of.Name
		if !absent && !field.Valid() {
			panic(name + " is " + field.Raw())
		}
		if field.Raw() == "" && of.Tag.Get("api") == "required" {
			missing[name] = true
		}
		if !absent {
			judgeValue(value.Field(at))
		}
	}
}
