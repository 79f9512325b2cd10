package dev.holdfast.schema;

import static dev.cel.common.CelFunctionDecl.newFunctionDeclaration;
import static dev.cel.common.CelOverloadDecl.newGlobalOverload;
import static dev.cel.common.CelOverloadDecl.newMemberOverload;

import dev.cel.common.CelFunctionDecl;
import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelFunctionOverload;
import java.util.ArrayList;
import java.util.List;

/** Kubernetes' CEL library of quantities (k8s.io/apiserver/pkg/cel/library/quantity.go). */
final class QuantityFunctions {
    private static final CelType QUANTITY = OpaqueType.create("kubernetes.Quantity");

    private QuantityFunctions() {}

    static List<CelFunctionDecl> declarations() {
        return List.of(
                newFunctionDeclaration(
                        "isQuantity", newGlobalOverload("is_quantity_string", SimpleType.BOOL, SimpleType.STRING)),
                newFunctionDeclaration(
                        "quantity", newGlobalOverload("string_to_quantity", QUANTITY, SimpleType.STRING)),
                newFunctionDeclaration("sign", newGlobalOverload("quantity_sign", SimpleType.INT, QUANTITY)),
                member("isGreaterThan", "quantity_is_greater_than", SimpleType.BOOL, QUANTITY),
                member("isLessThan", "quantity_is_less_than", SimpleType.BOOL, QUANTITY),
                member("compareTo", "quantity_compare_to", SimpleType.INT, QUANTITY),
                newFunctionDeclaration(
                        "asApproximateFloat", newMemberOverload("quantity_get_float", SimpleType.DOUBLE, QUANTITY)),
                newFunctionDeclaration("asInteger", newMemberOverload("quantity_get_int", SimpleType.INT, QUANTITY)),
                newFunctionDeclaration(
                        "isInteger", newMemberOverload("quantity_is_integer", SimpleType.BOOL, QUANTITY)),
                arithmetic("add", "quantity_add"),
                arithmetic("sub", "quantity_sub"));
    }

    static List<CelFunctionBinding> bindings() {
        List<CelFunctionBinding> all = new ArrayList<>();
        all.add(CelFunctionBinding.from(
                "is_quantity_string", String.class, text -> Quantity.parse(text).isPresent()));
        all.add(CelFunctionBinding.from("string_to_quantity", String.class, Quantity::required));
        all.add(unary("quantity_sign", quantity -> (long) quantity.sign()));
        all.add(unary("quantity_get_float", Quantity::approximate));
        all.add(unary("quantity_get_int", Quantity::wholeNumber));
        all.add(unary("quantity_is_integer", Quantity::isWholeNumber));
        all.add(binary("quantity_is_greater_than", (a, b) -> a.compareTo(b) > 0));
        all.add(binary("quantity_is_less_than", (a, b) -> a.compareTo(b) < 0));
        all.add(binary("quantity_compare_to", (a, b) -> (long) a.compareTo(b)));
        all.add(binary("quantity_add", Quantity::plus));
        all.add(binary("quantity_sub", Quantity::minus));
        all.add(CelFunctionBinding.from(
                "quantity_add_int", Quantity.class, Long.class, (a, b) -> a.plus(Quantity.of(b))));
        all.add(CelFunctionBinding.from(
                "quantity_sub_int", Quantity.class, Long.class, (a, b) -> a.minus(Quantity.of(b))));
        return all;
    }

    private static CelFunctionDecl member(String name, String overload, CelType result, CelType argument) {
        return newFunctionDeclaration(name, newMemberOverload(overload, result, QUANTITY, argument));
    }

    private static CelFunctionDecl arithmetic(String name, String overload) {
        return newFunctionDeclaration(
                name,
                newMemberOverload(overload, QUANTITY, QUANTITY, QUANTITY),
                newMemberOverload(overload + "_int", QUANTITY, QUANTITY, SimpleType.INT));
    }

    private static CelFunctionBinding unary(String overload, CelFunctionOverload.Unary<Quantity> function) {
        return CelFunctionBinding.from(overload, Quantity.class, function);
    }

    private static CelFunctionBinding binary(String overload, CelFunctionOverload.Binary<Quantity, Quantity> function) {
        return CelFunctionBinding.from(overload, Quantity.class, Quantity.class, function);
    }
}
