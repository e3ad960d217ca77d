package org.ghosthost.simulate;

import java.util.ArrayList;
import java.util.List;

/** Rows of cells in aligned columns, two blanks apart: the first column to the left, all others to the right. */
final class TextTable {
    private static final String GAP = "  ";

    private final List<String[]> rows = new ArrayList<>();

    /** Adds a row; the number of cells may differ. */
    TextTable row(String... cells) {
        rows.add(cells.clone());
        return this;
    }

    /** The width of the columns {@code from} to {@code to}, both included, with the gaps between them. */
    int width(int from, int to) {
        int[] widths = widths();
        int sum = (to - from) * GAP.length();
        for (int column = from; column <= to; column++) {
            sum += widths[column];
        }
        return sum;
    }

    /** The table, each line with a line end. */
    @Override
    public String toString() {
        int[] widths = widths();
        StringBuilder text = new StringBuilder();
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < row.length; column++) {
                String pad = " ".repeat(widths[column] - row[column].length());
                line.append(column == 0 ? "" : GAP).append(column == 0 ? row[column] + pad : pad + row[column]);
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    private int[] widths() {
        int columns = 0;
        for (String[] row : rows) {
            columns = Math.max(columns, row.length);
        }
        int[] widths = new int[columns];
        for (String[] row : rows) {
            for (int column = 0; column < row.length; column++) {
                widths[column] = Math.max(widths[column], row[column].length());
            }
        }
        return widths;
    }
}
