import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * Adds to the classes of a jar the stack maps by which the JVM verifies classes since Java 7. Classes without them are not in an
 * AOT cache: each start reads them from the jar and verifies them with a slower verifier.
 */
final class CurrentClasses {
    private CurrentClasses() {}

    /** @param jars files, which are written only if they have such classes: an AOT cache is valid for jars of one time */
    public static void main(String... jars) throws IOException {
        for (String jar : jars) {
            rewrite(Path.of(jar));
        }
    }

    private static void rewrite(Path jar) throws IOException {
        ByteArrayOutputStream rewritten = new ByteArrayOutputStream();
        boolean changed = false;
        try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()});
                ZipInputStream in = new ZipInputStream(Files.newInputStream(jar));
                ZipOutputStream out = new ZipOutputStream(rewritten)) {
            ClassFile classes = ClassFile.of(
                    StackMapsOption.GENERATE_STACK_MAPS,
                    ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(loader)));
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                ZipEntry next = new ZipEntry(entry.getName());
                next.setTime(entry.getTime());
                out.putNextEntry(next);
                byte[] before = in.readAllBytes();
                byte[] after = entry.getName().endsWith(".class") ? current(before, classes) : before;
                changed |= after != before;
                out.write(after);
                out.closeEntry();
            }
        }
        if (changed) {
            Files.write(jar, rewritten.toByteArray());
        }
    }

    private static byte[] current(byte[] before, ClassFile classes) {
        ClassModel model = classes.parse(before);
        if (model.majorVersion() >= ClassFile.JAVA_7_VERSION) {
            return before;
        }
        return classes.transformClass(
                model,
                ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL)
                        .andThen(ClassTransform.endHandler(
                                made -> made.with(ClassFileVersion.of(ClassFile.JAVA_7_VERSION, 0)))));
    }
}
