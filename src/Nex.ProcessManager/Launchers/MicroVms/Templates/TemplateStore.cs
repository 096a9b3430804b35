using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;

namespace Nex.ProcessManager.Launchers.MicroVms.Templates;

/// <summary>
/// Templates on disk, <c>DIRECTORY/KEY/</c> for each, so that the next start of a node need not boot. They are an aid only: what cannot be
/// read is removed and made again, and where nothing can be written the template lives as long as its manager. Each takes up to the memory of
/// a machine: those that were used last are kept, for other managers may have others.
/// </summary>
internal sealed partial class TemplateStore(string directory, TimeProvider time, ILogger logger)
{
    internal const int Kept = 8;

    private const string MemoryFile = "memory";
    private const string StateFile = "state";
    private const string DigestFile = "sha256";
    private const string StagingPrefix = ".";
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OfOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    // Nobody takes as long to write one down.
    private static readonly TimeSpan StagingLifetime = TimeSpan.FromHours(1);

    /// <returns>Null when there is none, or a broken one, which has been removed then.</returns>
    internal Template? TryLoad(TemplateKey key)
    {
        string path = PathOf(key);
        if (!Directory.Exists(path))
        {
            return null;
        }

        SafeFileHandle? memory = null;
        try
        {
            CheckOwn();
            string[] digests = File.ReadAllLines(Path.Combine(path, DigestFile));
            if (digests is not [var ofMemory, var ofState])
            {
                throw new InvalidDataException($"{path} has no two digests.");
            }

            memory = TemplateFile.Load(Path.Combine(path, MemoryFile), ofMemory);
            var template = new Template(memory, TemplateFile.Load(Path.Combine(path, StateFile), ofState));
            MarkUsed(path);
            return template;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            memory?.Dispose();
            LogBroken(logger, path, failure.Message);
            Remove(key);
            return null;
        }
    }

    /// <summary>Writes a template down, whole or not at all. Failing that is no failure of a start.</summary>
    internal void TrySave(TemplateKey key, Template template)
    {
        string staging = Path.Combine(directory, $"{StagingPrefix}{key}.{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(directory, Private);
            CheckOwn();
            Directory.CreateDirectory(staging, Private);
            string ofMemory = TemplateFile.Save(template.Memory, Path.Combine(staging, MemoryFile));
            string ofState = TemplateFile.Save(template.State, Path.Combine(staging, StateFile));
            File.WriteAllLines(Path.Combine(staging, DigestFile), [ofMemory, ofState]);
            Remove(key);
            Directory.Move(staging, PathOf(key));
            MarkUsed(PathOf(key));
            RemoveOld();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            LogNotSaved(logger, directory, failure.Message);
            RemoveDirectory(staging);
        }
    }

    internal void Remove(TemplateKey key) => RemoveDirectory(PathOf(key));

    private string PathOf(TemplateKey key) => Path.Combine(directory, key.ToString());

    /// <summary>A template that others could write would be a hypervisor's memory that others could write.</summary>
    private void CheckOwn()
    {
        var status = FileStatus.Read(new DirectoryInfo(directory).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? directory);
        if (status.OwnerId != ProcessControl.EffectiveUserId)
        {
            throw new UnauthorizedAccessException($"{directory} belongs to user {status.OwnerId}, and this process runs as user {ProcessControl.EffectiveUserId}.");
        }

        if ((status.Mode & OfOthers) != 0)
        {
            throw new UnauthorizedAccessException($"Others can write to {directory}: make it with mode 0700.");
        }
    }

    private void MarkUsed(string path) => Directory.SetLastWriteTimeUtc(path, time.GetUtcNow().UtcDateTime);

    private void RemoveOld()
    {
        ILookup<bool, DirectoryInfo> found = new DirectoryInfo(directory).EnumerateDirectories()
            .ToLookup(each => each.Name.StartsWith(StagingPrefix, StringComparison.Ordinal));
        IEnumerable<DirectoryInfo> abandoned = found[true].Where(each => time.GetUtcNow() - each.LastWriteTimeUtc > StagingLifetime);
        IEnumerable<DirectoryInfo> unused = found[false].OrderByDescending(each => each.LastWriteTimeUtc).Skip(Kept);
        foreach (DirectoryInfo old in abandoned.Concat(unused))
        {
            RemoveDirectory(old.FullName);
        }
    }

    private void RemoveDirectory(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            LogNotRemoved(logger, path, failure.Message);
        }
    }

    [LoggerMessage(211, LogLevel.Warning, "The template {Path} is broken and is made again: {Reason}")]
    private static partial void LogBroken(ILogger logger, string path, string reason);

    [LoggerMessage(212, LogLevel.Warning, "A template could not be kept in {Directory} for the next start: {Reason}")]
    private static partial void LogNotSaved(ILogger logger, string directory, string reason);

    [LoggerMessage(213, LogLevel.Warning, "What is left of a template in {Path} could not be removed: {Reason}")]
    private static partial void LogNotRemoved(ILogger logger, string path, string reason);
}
