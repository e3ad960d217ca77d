package org.ghosthost.host;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipal;
import java.util.Set;

/** Whose a file or a connection is, as the host sees it: its own user and root are trusted, nobody else. */
final class Owner {
    private Owner() {}

    /** The user of this process. */
    static UserPrincipal self() throws IOException {
        return Files.getOwner(Path.of("/proc/self"));
    }

    /** The superuser, whatever its name is. */
    static UserPrincipal root() throws IOException {
        return FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName("0");
    }

    /** Whether this user may command the host. */
    static boolean trusted(UserPrincipal user, UserPrincipal self, UserPrincipal root) {
        return user.equals(self) || user.equals(root);
    }

    /**
     * Checks that nobody but the host's user and root can have written this file, or can put another in its place.
     *
     * @throws GhostException with one sentence that names the file or folder and what is wrong with it
     */
    static void checkSource(Path file) throws IOException, GhostException {
        PosixFileAttributes attributes = attributes(file);
        if (!attributes.isRegularFile()) {
            throw new GhostException(file + " is not a file");
        }
        if (!trusted(attributes.owner(), self(), root())) {
            throw new GhostException(file + " belongs to " + attributes.owner().getName()
                    + ": the host takes files of its own user and of root only");
        }
        if (othersMayWrite(attributes.permissions())) {
            throw new GhostException(file + " can be written by others: chmod go-w it first");
        }
        checkFolders(file.toRealPath());
    }

    private static void checkFolders(Path file) throws IOException, GhostException {
        Path folder = file.getParent();
        if (folder != null && !trusted(attributes(folder).owner(), self(), root())) {
            throw new GhostException(folder + " belongs to " + attributes(folder).owner().getName()
                    + ", who could replace " + file.getFileName() + ": copy it to a folder of your own");
        }
        for (; folder != null; folder = folder.getParent()) {
            boolean sticky = ((int) Files.getAttribute(folder, "unix:mode") & 01000) != 0;
            if (!sticky && attributes(folder).permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
                throw new GhostException(folder + " can be written by everybody, who could replace "
                        + file.getFileName() + ": copy it to a folder of your own");
            }
        }
    }

    /** Checks that a folder belongs to the host's user and that nobody else can change what is in it. */
    static void checkFolder(Path folder) throws IOException, GhostException {
        PosixFileAttributes attributes =
                Files.readAttributes(folder, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!attributes.isDirectory()) {
            throw new GhostException(folder + " is not a folder");
        }
        if (!attributes.owner().equals(self())) {
            throw new GhostException(folder + " belongs to " + attributes.owner().getName() + ", not to you");
        }
        if (othersMayWrite(attributes.permissions())) {
            throw new GhostException(folder + " can be written by others: chmod go-w it first");
        }
    }

    private static PosixFileAttributes attributes(Path file) throws IOException {
        return Files.readAttributes(file, PosixFileAttributes.class);
    }

    static boolean othersMayWrite(Set<PosixFilePermission> permissions) {
        return permissions.contains(PosixFilePermission.GROUP_WRITE)
                || permissions.contains(PosixFilePermission.OTHERS_WRITE);
    }
}
