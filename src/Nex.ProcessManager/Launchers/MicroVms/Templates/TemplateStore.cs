using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.Protocol.Tasks;

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

    // Nobody takes as long to make one, and to write it down.
    private static readonly TimeSpan StagingLifetime = TimeSpan.FromHours(1);

    // Who takes longer may be stopped by a signal.
    private static readonly TimeSpan LockPatience = TimeSpan.FromMinutes(2);

    /// <summary>Waits until no other manager on this host makes the template, or takes it from here.</summary>
    /// <returns>What lets others go on when it is disposed of; null where they are not waited for, because that is not possible or takes too long.</returns>
    internal async Task<IDisposable?> TryLockAsync(TemplateKey key, CancellationToken cancellationToken)
    {
        string path = Path.Combine(directory, $"{StagingPrefix}{key}.lock");
        try
        {
            CreateOwn();
            var leaving = new CancellationTokenSource();
            // The wait blocks.
            Task<LockFile> taking = Task.Factory.StartNew(
                () => LockFile.Take(path, leaving.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            return await OrLeaveAsync(taking, leaving, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or TimeoutException)
        {
            LogNotLocked(logger, path, failure.Message);
            return null;
        }
    }

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
            CreateOwn();
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
            Remove(new DirectoryInfo(staging));
        }
    }

    internal void Remove(TemplateKey key) => Remove(new DirectoryInfo(PathOf(key)));

    private string PathOf(TemplateKey key) => Path.Combine(directory, key.ToString());

    private async Task<LockFile> OrLeaveAsync(Task<LockFile> taking, CancellationTokenSource leaving, CancellationToken cancellationToken)
    {
        try
        {
            return await taking.WaitAsync(LockPatience, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is TimeoutException or OperationCanceledException)
        {
            await leaving.CancelAsync().ConfigureAwait(false);
            taking.Observe();
            _ = taking.ContinueWith(late => late.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            throw;
        }
    }

    private void CreateOwn()
    {
        Directory.CreateDirectory(directory, Private);
        CheckOwn();
    }

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
        ILookup<bool, FileSystemInfo> found = new DirectoryInfo(directory).EnumerateFileSystemInfos()
            .ToLookup(each => each.Name.StartsWith(StagingPrefix, StringComparison.Ordinal));
        IEnumerable<FileSystemInfo> abandoned = found[true].Where(each => time.GetUtcNow() - each.LastWriteTimeUtc > StagingLifetime);
        IEnumerable<FileSystemInfo> unused = found[false].OfType<DirectoryInfo>().OrderByDescending(each => each.LastWriteTimeUtc).Skip(Kept);
        foreach (FileSystemInfo old in abandoned.Concat(unused))
        {
            Remove(old);
        }
    }

    private void Remove(FileSystemInfo old)
    {
        try
        {
            if (old is not DirectoryInfo folder)
            {
                old.Delete();
            }
            else if (folder.Exists)
            {
                folder.Delete(recursive: true);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            LogNotRemoved(logger, old.FullName, failure.Message);
        }
    }

    [LoggerMessage(211, LogLevel.Warning, "The template {Path} is broken and is made again: {Reason}")]
    private static partial void LogBroken(ILogger logger, string path, string reason);

    [LoggerMessage(212, LogLevel.Warning, "A template could not be kept in {Directory} for the next start: {Reason}")]
    private static partial void LogNotSaved(ILogger logger, string directory, string reason);

    [LoggerMessage(217, LogLevel.Information, "Whoever else may be making a template with {Path} is not waited for: {Reason}")]
    private static partial void LogNotLocked(ILogger logger, string path, string reason);

    [LoggerMessage(213, LogLevel.Warning, "What is left of a template in {Path} could not be removed: {Reason}")]
    private static partial void LogNotRemoved(ILogger logger, string path, string reason);
}
