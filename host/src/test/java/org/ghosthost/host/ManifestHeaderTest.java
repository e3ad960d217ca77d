package org.ghosthost.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.ghosthost.host.ManifestHeader.Clause;
import org.junit.jupiter.api.Test;

final class ManifestHeaderTest {
    @Test
    void aHeaderIsClausesOfPathsAttributesAndDirectives() throws Exception {
        assertEquals(List.of(
                new Clause(List.of("a.b", "c"), Map.of("version", "[1.0,2)"), Map.of("uses", "x,y;z")),
                new Clause(List.of("d"), Map.of("needs", "p,q", "flag", "a\"b"), Map.of())),
                ManifestHeader.parse("a.b;c;version=\"[1.0,2)\";uses:=\"x,y;z\", "
                        + "d;needs:List<String>=\"p,q\";flag=\"a\\\"b\""));
    }

    @Test
    void noHeaderIsNoClauses() throws Exception {
        assertEquals(List.of(), ManifestHeader.parse(null));
        assertEquals(List.of(), ManifestHeader.parse(" "));
    }

    @Test
    void whatIsBrokenIsRefused() {
        assertThrows(GhostException.class, () -> ManifestHeader.parse("a;x=\"b"));
        assertThrows(GhostException.class, () -> ManifestHeader.parse("x=b"));
    }
}
