package dev.holdfast.schema;

import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOptions;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.extensions.CelExtensions;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import java.util.List;

/**
 * CEL with the Kubernetes extensions that the shipped rules use: quantities and optional values. {@code self} has
 * dynamic type, because the structure is checked first. Thread-safe.
 */
record CelEnvironment(CelCompiler compiler, CelRuntime runtime) {
    /** Holder of the environment, which is created at its first use. */
    private static final class Holder {
        private static final CelEnvironment SHARED = create();
    }

    static CelEnvironment shared() {
        return Holder.SHARED;
    }

    private static CelEnvironment create() {
        CelOptions options = CelOptions.current().build();
        List<CelFunctionDecl> declarations = QuantityFunctions.declarations();
        CelCompiler compiler = CelCompilerFactory.standardCelCompilerBuilder()
                .setOptions(options)
                .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
                .addLibraries(CelExtensions.optional())
                .addVar(CelProgram.SELF, SimpleType.DYN)
                .addVar(CelProgram.OLD_SELF, SimpleType.DYN)
                .addFunctionDeclarations(declarations)
                .build();
        CelRuntime runtime = CelRuntimeFactory.standardCelRuntimeBuilder()
                .setOptions(options)
                .addLibraries(CelExtensions.optional())
                .addFunctionBindings(QuantityFunctions.bindings())
                .build();
        return new CelEnvironment(compiler, runtime);
    }
}
